import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server as HttpServer, type IncomingMessage } from "node:http";
import { freePort } from "./server";

type Granted = { challenge: string; redirectUrl: string };
type Device = { userCode: string; isAllowed: boolean };

async function bodyOf(request: IncomingMessage): Promise<Map<string, string>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  // Claude takes objects, the others forms.
  const isJson = request.headers["content-type"]?.startsWith("application/json");
  const pairs = isJson
    ? Object.entries(JSON.parse(text) as Record<string, string>)
    : [...new URLSearchParams(text)];
  return new Map(pairs);
}

/** A provider that lets everybody in who does as the protocols say: a code with PKCE, or a device code. */
export class Identity {
  readonly #granted = new Map<string, Granted>();
  readonly #devices = new Map<string, Device>();
  /** What was posted to `/hook`. */
  readonly posted: string[] = [];

  private constructor(
    readonly url: string,
    readonly http: HttpServer,
  ) {
    http.on("request", async (request, response) => {
      const path = new URL(request.url ?? "/", url);
      const answer = await this.#answer(path, request);
      response.writeHead(answer.status, {
        "content-type": "application/json",
        ...(answer.location ? { location: answer.location } : {}),
      });
      response.end(JSON.stringify(answer.body ?? {}));
    });
  }

  static async start(): Promise<Identity> {
    const port = await freePort();
    const http = createServer();
    const identity = new Identity(`http://127.0.0.1:${port}`, http);
    http.listen(port, "127.0.0.1");
    await once(http, "listening");
    return identity;
  }

  /** What an operator says to have everybody come here. */
  get environment(): Record<string, string> {
    return {
      OAUTH_CLAUDE_AUTHORIZE_URL: `${this.url}/authorize`,
      OAUTH_CLAUDE_TOKEN_URL: `${this.url}/token`,
      OAUTH_CLAUDE_PROFILE_URL: `${this.url}/profile`,
      OAUTH_KIMI_DEVICE_URL: `${this.url}/device`,
      OAUTH_KIMI_TOKEN_URL: `${this.url}/token`,
      NOTIFICATION_NETWORKS: "127.0.0.0/8",
    };
  }

  /** What a browser does that consents: it is sent to an address, which this is. */
  async consent(authorizeUrl: string): Promise<string> {
    const answer = await fetch(authorizeUrl, { redirect: "manual" });
    const location = answer.headers.get("location");
    if (!location) throw new Error(`consent was refused: ${answer.status}`);
    return location;
  }

  /** What a person does who types a code. */
  allow(userCode: string) {
    const device = [...this.#devices.values()].find((each) => each.userCode === userCode);
    if (!device) throw new Error(`nobody was given the code ${userCode}`);
    device.isAllowed = true;
  }

  async remove() {
    this.http.close();
    this.http.closeAllConnections();
    await once(this.http, "close");
  }

  async #answer(
    path: URL,
    request: IncomingMessage,
  ): Promise<{ status: number; location?: string; body?: object }> {
    switch (path.pathname) {
      case "/authorize":
        return { status: 302, location: this.#grant(path.searchParams) };
      case "/token":
        return this.#token(await bodyOf(request));
      case "/device":
        return { status: 200, body: this.#device() };
      case "/profile":
        return {
          status: 200,
          body: { account: { email: "ada@example.org" }, organization: { name: "Example" } },
        };
      case "/hook": {
        const body = await bodyOf(request);
        this.posted.push(body.get("title") ?? "");
        return { status: 200 };
      }
      default:
        return { status: 404 };
    }
  }

  #grant(asked: URLSearchParams): string {
    const code = randomUUID();
    const redirectUrl = asked.get("redirect_uri") ?? "";
    this.#granted.set(code, { challenge: asked.get("code_challenge") ?? "", redirectUrl });
    return `${redirectUrl}?${new URLSearchParams({ code, state: asked.get("state") ?? "" })}`;
  }

  #device(): object {
    const deviceCode = randomUUID();
    const userCode = `CODE-${this.#devices.size + 1}`;
    this.#devices.set(deviceCode, { userCode, isAllowed: false });
    return {
      device_code: deviceCode,
      user_code: userCode,
      expires_in: 900,
      interval: 1,
      verification_uri: `${this.url}/device-page`,
    };
  }

  #token(form: Map<string, string>): { status: number; body: object } {
    const device = this.#devices.get(form.get("device_code") ?? "");
    // This provider refuses with a status of success.
    if (device && !device.isAllowed)
      return { status: 200, body: { error: "authorization_pending" } };
    const granted = this.#granted.get(form.get("code") ?? "");
    const verifier = createHash("sha256").update(form.get("code_verifier") ?? "");
    const isRight =
      granted !== undefined &&
      granted.challenge === verifier.digest("base64url") &&
      granted.redirectUrl === form.get("redirect_uri");
    if (!device && !isRight) return { status: 400, body: { error: "invalid_grant" } };
    this.#granted.delete(form.get("code") ?? "");
    return {
      status: 200,
      body: {
        access_token: `access-${randomUUID()}`,
        refresh_token: `refresh-${randomUUID()}`,
        token_type: "Bearer",
        expires_in: 3600,
      },
    };
  }
}
