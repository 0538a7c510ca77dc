import { batch, createSignal, onCleanup } from "solid-js";
import { urlBesideApp } from "../../lib/baseUrl";
import { errorText, PROTOCOLS, type Question, readJson } from "./protocols";

/** Cuts server-sent events out of text that comes in any pieces. */
export function createEventReader(onData: (data: string) => void): (piece: string) => void {
  let rest = "";
  return (piece) => {
    const lines = (rest + piece).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("data:")) onData(line.slice("data:".length).trimStart());
    }
  };
}

/** Where a run stands. */
export type RunState =
  | "idle"
  | "waiting"
  | "answering"
  | "done"
  | "refused"
  | "unreachable"
  | "stopped";

/** What a request is recognised by before its id is known. The rest of the key stays in its field. */
export type Sent = { model: string; lastFour: string };

/** So many events are shown; an answer goes on beyond them. */
export const MOST_EVENTS = 2000;

/** Asks one question at a time, and keeps what comes. */
export function createRun() {
  const [state, setState] = createSignal<RunState>("idle");
  const [text, setText] = createSignal("");
  const [fault, setFault] = createSignal<{ status: number; message: string }>();
  const [events, setEvents] = createSignal<readonly string[]>([]);
  const [count, setCount] = createSignal(0);
  const [requestId, setRequestId] = createSignal<string>();
  const [sent, setSent] = createSignal<Sent>();
  let running: AbortController | undefined;

  function begin(what: Sent) {
    running?.abort();
    running = new AbortController();
    batch(() => {
      setState("waiting");
      setText("");
      setFault(undefined);
      setEvents([]);
      setCount(0);
      setRequestId(undefined);
      setSent(what);
    });
    return running.signal;
  }

  function receive(question: Question, data: string) {
    batch(() => {
      setState("answering");
      setCount((known) => known + 1);
      setEvents((known) => (known.length < MOST_EVENTS ? [...known, data] : known));
      setText((known) => known + PROTOCOLS[question.protocol].text(readJson(data)));
    });
  }

  async function read(question: Question, answer: Response) {
    if (!answer.ok || !answer.headers.get("content-type")?.includes("text/event-stream")) {
      const body = await answer.text();
      if (answer.ok) return receive(question, body);
      batch(() => {
        setFault({ status: answer.status, message: errorText(body) });
        setEvents([body]);
        setCount(1);
      });
      return;
    }
    const feed = createEventReader((data) => receive(question, data));
    const decoder = new TextDecoder();
    const reader = answer.body?.getReader();
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read())
      feed(decoder.decode(piece.value, { stream: true }));
    feed("\n");
  }

  async function ask(question: Question, key: string) {
    const signal = begin({ model: question.model, lastFour: key.slice(-4) });
    const manner = PROTOCOLS[question.protocol];
    try {
      const answer = await fetch(urlBesideApp(manner.path(question)), {
        method: "POST",
        headers: { "content-type": "application/json", ...manner.headers(key) },
        body: JSON.stringify(manner.body(question)),
        // The key alone speaks here, not the administrator's session.
        credentials: "omit",
        signal,
      });
      setRequestId(answer.headers.get("x-request-id") ?? undefined);
      await read(question, answer);
      if (!signal.aborted) setState(answer.ok ? "done" : "refused");
    } catch {
      // A later question has taken over, or the network failed.
      if (running?.signal === signal) setState(signal.aborted ? "stopped" : "unreachable");
    }
  }
  onCleanup(() => running?.abort());

  const stop = () => running?.abort();
  return { state, text, fault, events, count, requestId, sent, ask, stop };
}

/** What the parts of the playground share. */
export type Run = ReturnType<typeof createRun>;
