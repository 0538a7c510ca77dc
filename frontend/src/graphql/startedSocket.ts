const PING = JSON.stringify({ type: "ping" });

type Sent = { type?: string; id?: string };

/**
 * Reports when the server has started a subscription, which the protocol does not confirm: the server answers a ping
 * after it has read the messages before it. `socket` sends a ping after each subscription; the caller reports every
 * answer, and when the connection is closed.
 */
export function startedSocket(onStarted: (id: string) => void) {
  let pings = 0;
  let pongs = 0;
  let starting: { id: string; ping: number }[] = [];

  class StartedSocket extends WebSocket {
    override send(data: string) {
      super.send(data);
      const { type, id }: Sent = JSON.parse(data);
      if (type === "ping") pings += 1;
      if (type !== "subscribe" || id === undefined) return;
      pings += 1;
      starting.push({ id, ping: pings });
      super.send(PING);
    }
  }
  function answered() {
    pongs += 1;
    const started = starting.filter(({ ping }) => ping <= pongs);
    starting = starting.filter(({ ping }) => ping > pongs);
    for (const { id } of started) onStarted(id);
  }
  function closed() {
    pings = 0;
    pongs = 0;
    starting = [];
  }
  return { socket: StartedSocket, answered, closed };
}
