import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";

/** A mail server without encryption, which keeps what it received. */
export class MailServer {
  readonly mails: string[] = [];
  readonly #server: Server = createServer((socket) => this.#serve(socket));

  async start(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port is free");
    return address.port;
  }

  stop() {
    this.#server.close();
  }

  #serve(socket: Socket) {
    let mail: string[] | undefined;
    socket.write("220 test ESMTP\r\n");
    createInterface({ input: socket }).on("line", (line) => {
      if (mail && line !== ".") {
        mail.push(line);
        return;
      }
      if (mail) this.mails.push(mail.join("\n"));
      mail = line === "DATA" ? [] : undefined;
      const replies: Record<string, string> = { DATA: "354 go on", QUIT: "221 bye" };
      socket.write(`${replies[line] ?? "250 ok"}\r\n`);
    });
  }
}
