import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** The debug build that `cargo test` leaves behind; BINARY points elsewhere. */
const BINARY =
  process.env.BINARY ?? join(import.meta.dirname, "../../target/debug/proxypal-server");
const PATIENCE_MS = 60_000;

/** The administrator's password, where the server was set up with one. */
export const PASSWORD = "correct horse battery";

/** A port that nobody listens on. It stays the same when the server is started again. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  if (address === null || typeof address === "string") throw new Error("no port is free");
  probe.close();
  await once(probe, "close");
  return address.port;
}

type Options = {
  /** What the server is told beside what every test server is told. */
  environment?: Record<string, string>;
  /** Without one the server prints a one-time link. */
  password?: string | undefined;
};

/** A real server with the demo engine and a data directory of its own. */
export class Server {
  readonly #directory = mkdtempSync(join(tmpdir(), "proxypal-e2e-"));
  readonly #environment: Record<string, string>;
  #process: ChildProcess | undefined;
  #lines: string[] = [];

  private constructor(
    readonly port: number,
    options: Options,
  ) {
    this.#environment = {
      PATH: process.env.PATH ?? "",
      ENGINE: "demo",
      HOST: "127.0.0.1",
      PORT: String(port),
      DATA_DIR: this.#directory,
      ...(options.password ? { ADMIN_PASSWORD: options.password } : {}),
      ...options.environment,
    };
  }

  /** A server that is set up; or one that is not, where `password` is undefined. */
  static async start(options: Options = { password: PASSWORD }): Promise<Server> {
    const server = new Server(await freePort(), options);
    await server.begin();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The one-time link that a new server prints. */
  get setupLink(): string {
    const found = this.#lines.join("\n").match(/http\S+\/setup#token=\S+/);
    if (!found) throw new Error("the server printed no link");
    return found[0];
  }

  /** Starts the program, and waits until it is ready. */
  async begin() {
    const child = spawn(BINARY, [], {
      env: this.#environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.#lines.push(line));
    }
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await this.#isReady())) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`the server did not start:\n${this.#lines.join("\n")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #isReady(): Promise<boolean> {
    const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
    return answer?.ok ?? false;
  }

  /** Stops the program; what it knows stays. */
  async stop() {
    const child = this.#process;
    if (!child || child.exitCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  }

  /** Stops it and removes everything that it has left. */
  async remove() {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
