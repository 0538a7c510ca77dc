import { expect, test } from "vitest";
import { channelSettings } from "./channelInput";

function filled(fields: Record<string, string>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

test("each kind of channel sends only its own settings", () => {
  const chat = filled({ url: " https://chat.example/hook " });

  expect(channelSettings("SLACK", chat)).toEqual({ slack: { url: "https://chat.example/hook" } });
  expect(channelSettings("DISCORD", chat)).toEqual({
    discord: { url: "https://chat.example/hook" },
  });
});

test("a webhook without a secret leaves it to the server to make one up", () => {
  const form = filled({ url: "https://ops.example/hook", secret: "" });

  expect(channelSettings("WEBHOOK", form)).toEqual({
    webhook: { url: "https://ops.example/hook", secret: null },
  });
});

test("receivers of mail keep their names, whatever they are separated by", () => {
  const form = filled({
    host: "mail.example",
    port: "587",
    security: "START_TLS",
    username: "",
    password: " secret ",
    from: "ProxyPal <proxypal@example.org>",
    to: "Ada Lovelace <ada@example.org>\nops@example.org, night@example.org",
  });

  expect(channelSettings("EMAIL", form)).toEqual({
    email: {
      host: "mail.example",
      port: 587,
      security: "START_TLS",
      username: null,
      password: " secret ",
      from: "ProxyPal <proxypal@example.org>",
      to: ["Ada Lovelace <ada@example.org>", "ops@example.org", "night@example.org"],
    },
  });
});
