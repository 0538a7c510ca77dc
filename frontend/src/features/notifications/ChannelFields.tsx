import { Match, Switch } from "solid-js";
import type { NotificationChannelKind } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { SelectField, TextAreaField, TextField } from "../../ui/Field";
import { SECURITIES } from "./channelInput";

function EmailFields() {
  return (
    <>
      <div class="grid items-start gap-4 sm:grid-cols-[1fr_7rem]">
        <TextField
          label={t("notifications.host")}
          name="host"
          placeholder="smtp.example.org"
          required
        />
        <TextField
          label={t("notifications.port")}
          name="port"
          type="number"
          min="1"
          max="65535"
          value="465"
          required
        />
      </div>
      <SelectField
        label={t("notifications.security")}
        name="security"
        value="TLS"
        options={SECURITIES.map((value) => ({
          value,
          label: t(`notifications.securities.${value}`),
        }))}
      />
      <div class="grid items-start gap-4 sm:grid-cols-2">
        <TextField
          label={t("notifications.optional", { label: t("common.username") })}
          name="username"
          autocomplete="off"
        />
        <TextField
          label={t("notifications.optional", { label: t("notifications.password") })}
          name="password"
          type="password"
          autocomplete="off"
        />
      </div>
      <TextField
        label={t("notifications.emailFrom")}
        name="from"
        placeholder="ProxyPal <proxypal@example.org>"
        required
      />
      <TextAreaField
        label={t("notifications.emailTo")}
        name="to"
        rows="2"
        hint={t("notifications.emailToHint")}
        required
      />
    </>
  );
}

function TelegramFields() {
  return (
    <>
      <TextField
        label={t("notifications.botToken")}
        name="botToken"
        type="password"
        autocomplete="off"
        required
      />
      <TextField
        label={t("notifications.chatId")}
        name="chatId"
        placeholder="-1001234567890"
        required
      />
      <TextField
        label={t("notifications.optional", { label: t("notifications.server") })}
        name="server"
        type="url"
        placeholder="https://api.telegram.org"
      />
    </>
  );
}

/** The settings of one kind of channel. */
export function ChannelFields(props: { kind: NotificationChannelKind }) {
  const isChat = () => props.kind === "SLACK" || props.kind === "DISCORD";
  return (
    <Switch>
      <Match when={props.kind === "EMAIL"}>
        <EmailFields />
      </Match>
      <Match when={props.kind === "WEBHOOK"}>
        <TextField
          label={t("notifications.url")}
          name="url"
          type="url"
          hint={t("notifications.urlWebhook")}
          placeholder="https://ops.example.org/hook"
          required
        />
        <TextField
          label={t("notifications.optional", { label: t("notifications.secret") })}
          name="secret"
          type="password"
          autocomplete="off"
          hint={t("notifications.secretHint")}
        />
      </Match>
      <Match when={isChat()}>
        <TextField
          label={t("notifications.url")}
          name="url"
          type="url"
          autocomplete="off"
          hint={t("notifications.urlChat")}
          required
        />
      </Match>
      <Match when={props.kind === "TELEGRAM"}>
        <TelegramFields />
      </Match>
    </Switch>
  );
}
