/** One part of a message: text, thinking, a file, or a call of a tool. Other parts (`step-start`, data) show nothing. */
export function Part({ part, onAnswer }) {
  switch (part.type) {
    case "text":
      return <p className="text">{part.text}</p>;
    case "reasoning":
      return (
        <details>
          <summary>Thinking</summary>
          <p className="text">{part.text}</p>
        </details>
      );
    case "file":
      return part.mediaType.startsWith("image/") ? <img src={part.url} alt={part.filename ?? "Attached photo"} /> : <p>{part.filename}</p>;
    case "dynamic-tool":
      return part.state === "approval-requested" ? <Question part={part} onAnswer={onAnswer} /> : <Call part={part} />;
    default:
      return null;
  }
}

const STATES = {
  "input-streaming": "preparing",
  "input-available": "running",
  "approval-responded": "answered",
  "output-available": "done",
  "output-error": "failed",
  "output-denied": "declined",
};

const nameOf = (part) => part.title ?? part.toolName.replaceAll("_", " ");

function Call({ part }) {
  return (
    <details className="tool">
      <summary>{`${nameOf(part)}: ${STATES[part.state] ?? part.state}`}</summary>
      <Input input={part.input} />
      {part.errorText && <p className="text">{part.errorText}</p>}
      {part.output?.content?.map((block, at) => block.type === "text" && <p className="text" key={at}>{block.text}</p>)}
    </details>
  );
}

/** A call that waits for the user's word: what would be done, and the two answers. */
function Question({ part, onAnswer }) {
  const { id, descriptor } = part.approval;
  const heading = `question-${id}`;
  return (
    <section className="tool question" aria-labelledby={heading}>
      <h2 id={heading}>{`Confirm: ${descriptor?.title ?? nameOf(part)}?`}</h2>
      <Input input={part.input} />
      <button onClick={() => onAnswer({ id, approved: true })}>Approve</button>
      <button onClick={() => onAnswer({ id, approved: false })}>Decline</button>
    </section>
  );
}

function Input({ input }) {
  const show = (value) => (typeof value === "string" ? value : JSON.stringify(value));
  return (
    <dl>
      {Object.entries(input ?? {}).map(([name, value]) => (
        <div key={name}>
          <dt>{name.replaceAll("_", " ")}</dt>
          <dd>{show(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
