import { batch, createSignal, onCleanup } from "solid-js";
import { urlBesideApp } from "../../lib/baseUrl";
import { errorText, PROTOCOLS, type Question, readJson } from "./protocols";

/** Splits text that arrives in arbitrary chunks into server-sent events. */
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

/** The state of a run. */
export type RunState =
  | "idle"
  | "waiting"
  | "answering"
  | "done"
  | "refused"
  | "unreachable"
  | "stopped";

/** Identifies a request before its id is known. The rest of the key stays in its field. */
export type Sent = { model: string; lastFour: string };

/** Why a request was refused. A request with an unknown key belongs to no user and is not recorded. */
export type RunFault = { status: number; message: string; isUnknownKey: boolean };

const UNKNOWN_KEY = "proxypal_unknown_key";

/** The maximum number of events shown; a response may have more. */
export const MOST_EVENTS = 2000;

/** Sends one request at a time and collects the response. */
export function createRun() {
  const [state, setState] = createSignal<RunState>("idle");
  const [text, setText] = createSignal("");
  const [fault, setFault] = createSignal<RunFault>();
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
        const isUnknownKey = body.includes(UNKNOWN_KEY);
        setFault({ status: answer.status, message: errorText(body), isUnknownKey });
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
        // Authenticates with the key alone, not with the administrator's session.
        credentials: "omit",
        signal,
      });
      setRequestId(answer.headers.get("x-request-id") ?? undefined);
      await read(question, answer);
      if (!signal.aborted) setState(answer.ok ? "done" : "refused");
    } catch {
      // A later run has replaced this one, or the network failed.
      if (running?.signal === signal) setState(signal.aborted ? "stopped" : "unreachable");
    }
  }
  onCleanup(() => running?.abort());

  const stop = () => running?.abort();
  return { state, text, fault, events, count, requestId, sent, ask, stop };
}

/** The state that the parts of the playground share. */
export type Run = ReturnType<typeof createRun>;
