import { useState } from "react";
import { createRoot } from "react-dom/client";
import { Chat } from "./Chat.jsx";
import "./style.css";

// An application has the token from its own sign-in; here it is pasted.
function App() {
  const [token, setToken] = useState("");
  return (
    <main>
      <h1>Training chat</h1>
      {token ? <Chat token={token} /> : <SignIn onToken={setToken} />}
    </main>
  );
}

function SignIn({ onToken }) {
  const submit = (event) => {
    event.preventDefault();
    onToken(new FormData(event.target).get("token").trim());
  };
  return (
    <form className="sign-in" onSubmit={submit}>
      <label htmlFor="token">Token</label>
      <input id="token" name="token" type="password" autoComplete="off" required />
      <button>Start</button>
    </form>
  );
}

createRoot(document.getElementById("root")).render(<App />);
