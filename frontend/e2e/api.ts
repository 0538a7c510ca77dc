import { PASSWORD, type Server } from "./server";

/** A user who was made for a test. */
export type Made = { userId: string; apiKeyId: string; secret: string };

type Answer = { data?: Record<string, unknown> | null; errors?: { message: string }[] };

/** Prepares what a test needs, the way a script would. */
export class Api {
  #cookies = new Map<string, string>();

  private constructor(readonly url: string) {}

  /** Signs in, as the only administrator or as the one of this name. */
  static async open(server: Server, username: string | null = null): Promise<Api> {
    const api = new Api(server.url);
    await api.ask(
      "mutation($n: String, $p: String!) { login(username: $n, password: $p) { session { id } } }",
      { n: username, p: PASSWORD },
    );
    return api;
  }

  /** The cookies of the session, for a browser. */
  get cookies(): { name: string; value: string; url: string }[] {
    return [...this.#cookies].map(([name, value]) => ({
      name,
      value: encodeURIComponent(value),
      url: this.url,
    }));
  }

  /** Asks something, and fails with the server's words. */
  async ask(query: string, variables: object = {}): Promise<Record<string, unknown>> {
    const answer = await fetch(`${this.url}/graphql`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        "x-csrf-token": this.#cookies.get("csrf_token") ?? "",
      },
      body: JSON.stringify({ query, variables }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name = "", value = ""] = line.split(";")[0]?.split("=") ?? [];
      this.#cookies.set(name, decodeURIComponent(value));
    }
    const { data, errors } = (await answer.json()) as Answer;
    if (!data || errors) throw new Error(errors?.map(({ message }) => message).join("; "));
    return data;
  }

  /** Makes a user with one key. */
  async createUser(name: string, more: object = {}): Promise<Made> {
    const data = await this.ask(
      `mutation($input: CreateUserInput!) {
        createUser(input: $input) { user { id } apiKey { id } secret }
      }`,
      { input: { name, ...more } },
    );
    const { user, apiKey, secret } = data.createUser as {
      user: { id: string };
      apiKey: { id: string };
      secret: string;
    };
    return { userId: user.id, apiKeyId: apiKey.id, secret };
  }
}

/** Sends a request as a user's tool would, and gives its status. */
export async function request(url: string, secret: string, model = "demo-gpt"): Promise<number> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({
      model,
      max_tokens: 16,
      messages: [{ role: "user", content: "Say hello." }],
    }),
  });
  await answer.arrayBuffer();
  return answer.status;
}
