import type {
  NotificationChannelKind,
  NotificationChannelSettingsInput,
  SmtpSecurity,
} from "../../graphql/generated/graphql";
import { readOptional, readSecret, readText } from "../../lib/form";

/** The kinds of channels, in display order. */
export const CHANNEL_KINDS: readonly NotificationChannelKind[] = [
  "EMAIL",
  "WEBHOOK",
  "SLACK",
  "DISCORD",
  "TELEGRAM",
];

/** The transport security of a mail server. */
export const SECURITIES: readonly SmtpSecurity[] = ["TLS", "START_TLS", "NONE"];

function readEmail(form: FormData): NotificationChannelSettingsInput {
  return {
    email: {
      host: readText(form, "host"),
      port: Number(readText(form, "port")),
      security: SECURITIES.find((each) => each === readText(form, "security")) ?? "TLS",
      username: readOptional(form, "username"),
      password: readSecret(form, "password") || null,
      from: readText(form, "from"),
      to: readText(form, "to")
        .split(/[\n,;]+/)
        .map((address) => address.trim())
        .filter(Boolean),
    },
  };
}

/** The settings of a channel from the form. */
export function channelSettings(
  kind: NotificationChannelKind,
  form: FormData,
): NotificationChannelSettingsInput {
  const url = readText(form, "url");
  switch (kind) {
    case "EMAIL":
      return readEmail(form);
    case "WEBHOOK":
      return { webhook: { url, secret: readSecret(form, "secret") || null } };
    case "SLACK":
      return { slack: { url } };
    case "DISCORD":
      return { discord: { url } };
    case "TELEGRAM":
      return {
        telegram: {
          botToken: readText(form, "botToken"),
          chatId: readText(form, "chatId"),
          server: readOptional(form, "server"),
        },
      };
  }
}
