import { useChat } from "@ai-sdk/react";
import { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses } from "ai";
import { useRef, useState } from "react";
import { Part } from "./Part.jsx";

const AGENT = import.meta.env.VITE_AGENT_URL ?? "http://localhost:8001";
const FILES = "image/png,image/jpeg,image/gif,image/webp,application/pdf";

const transportFor = (token) =>
  new DefaultChatTransport({
    api: `${AGENT}/chat/ui`,
    headers: () => ({ Authorization: `Bearer ${token}` }),
    // Tells Claude which day it is for the user.
    body: () => ({ client_timezone: Intl.DateTimeFormat().resolvedOptions().timeZone }),
  });

export function Chat({ token }) {
  const [transport] = useState(() => transportFor(token));
  const { messages, sendMessage, status, stop, error, addToolApprovalResponse } = useChat({
    transport,
    // Once every call that waits has its answer, the turn goes on.
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  });
  const composer = useRef(null);
  const isBusy = status === "submitted" || status === "streaming";
  const isAsking = messages.at(-1)?.parts.some((part) => part.state === "approval-requested");

  const answer = (response) => {
    addToolApprovalResponse(response);
    // The button that had the focus is gone now.
    composer.current?.focus();
  };
  return (
    <>
      <div className="scroll" tabIndex={0} role="region" aria-label="Answers">
        <div>
          <ol className="messages" aria-label="Conversation">
            {messages.map((message) => (
              <li key={message.id} className={message.role}>
                <span className="who">{message.role === "user" ? "You" : "Coach"}</span>
                {message.parts.map((part, at) => (
                  <Part key={part.toolCallId ?? at} part={part} onAnswer={answer} />
                ))}
              </li>
            ))}
          </ol>
          {error && <p role="alert">{error.message}</p>}
        </div>
      </div>
      <p role="status">{isBusy ? "Answering…" : isAsking ? "Your confirmation is needed." : ""}</p>
      <Composer ref={composer} isBusy={isBusy} onSend={sendMessage} onStop={stop} />
    </>
  );
}

function Composer({ ref, isBusy, onSend, onStop }) {
  const submit = (event) => {
    event.preventDefault();
    const form = event.target;
    const text = form.elements.text.value.trim();
    if (isBusy || !text) return;
    onSend({ text, files: form.elements.files.files });
    form.reset();
  };
  return (
    <form className="composer" onSubmit={submit}>
      <label htmlFor="text">Message</label>
      <input id="text" name="text" ref={ref} autoComplete="off" required />
      <label htmlFor="files">Photos or PDFs</label>
      <input id="files" name="files" type="file" accept={FILES} multiple />
      {isBusy ? <button key="stop" type="button" onClick={onStop}>Stop</button> : <button key="send">Send</button>}
    </form>
  );
}
