import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startedSocket } from "./startedSocket";

/** The end of the page; the test is the server. */
class FakeSocket {
  sent: string[] = [];

  send(data: string) {
    this.sent.push(JSON.parse(data).type);
  }
}

beforeEach(() => vi.stubGlobal("WebSocket", FakeSocket));
afterEach(() => vi.unstubAllGlobals());

function connect() {
  const started: string[] = [];
  const { socket: Socket, answered, closed } = startedSocket((id) => started.push(id));
  const socket = new Socket("ws://server") as unknown as FakeSocket;
  return { socket, started, answered, closed };
}

const subscribe = (id: string) => JSON.stringify({ type: "subscribe", id, payload: {} });

test("a subscription has started once the ping after it is answered", () => {
  const { socket, started, answered } = connect();

  socket.send(subscribe("1"));
  expect(socket.sent).toEqual(["subscribe", "ping"]);
  expect(started).toEqual([]);
  answered();
  expect(started).toEqual(["1"]);
});

test("an answer to an earlier ping does not count for a later subscription", () => {
  const { socket, started, answered } = connect();

  socket.send(JSON.stringify({ type: "ping" }));
  socket.send(subscribe("1"));
  socket.send(subscribe("2"));
  answered();
  expect(started).toEqual([]);
  answered();
  expect(started).toEqual(["1"]);
  answered();
  expect(started).toEqual(["1", "2"]);
});

test("after a reconnect a subscription starts again", () => {
  const { socket, started, answered, closed } = connect();

  socket.send(subscribe("1"));
  closed();
  socket.send(subscribe("1"));
  answered();

  expect(started).toEqual(["1"]);
});
