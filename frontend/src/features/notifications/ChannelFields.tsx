import { Match, Switch } from "solid-js";
import type { NotificationChannelKind } from "../../graphql/generated/graphql";
import { SelectField, TextAreaField, TextField } from "../../ui/Field";
import { SECURITIES } from "./channelInput";
import { words } from "./words";

function EmailFields() {
  return (
    <>
      <div class="grid items-start gap-4 sm:grid-cols-[1fr_7rem]">
        <TextField label={words().host} name="host" placeholder="smtp.example.org" required />
        <TextField
          label={words().port}
          name="port"
          type="number"
          min="1"
          max="65535"
          value="465"
          required
        />
      </div>
      <SelectField
        label={words().security}
        name="security"
        value="TLS"
        options={SECURITIES.map((value) => ({ value, label: words().securities[value] }))}
      />
      <div class="grid items-start gap-4 sm:grid-cols-2">
        <TextField label={words().optional(words().username)} name="username" autocomplete="off" />
        <TextField
          label={words().optional(words().password)}
          name="password"
          type="password"
          autocomplete="off"
        />
      </div>
      <TextField
        label={words().emailFrom}
        name="from"
        placeholder="ProxyPal <proxypal@example.org>"
        required
      />
      <TextAreaField
        label={words().emailTo}
        name="to"
        rows="2"
        hint={words().emailToHint}
        required
      />
    </>
  );
}

function TelegramFields() {
  return (
    <>
      <TextField
        label={words().botToken}
        name="botToken"
        type="password"
        autocomplete="off"
        required
      />
      <TextField label={words().chatId} name="chatId" placeholder="-1001234567890" required />
      <TextField
        label={words().optional(words().server)}
        name="server"
        type="url"
        placeholder="https://api.telegram.org"
      />
    </>
  );
}

/** How a channel of one sort delivers. */
export function ChannelFields(props: { kind: NotificationChannelKind }) {
  const isChat = () => props.kind === "SLACK" || props.kind === "DISCORD";
  return (
    <Switch>
      <Match when={props.kind === "EMAIL"}>
        <EmailFields />
      </Match>
      <Match when={props.kind === "WEBHOOK"}>
        <TextField
          label={words().url}
          name="url"
          type="url"
          hint={words().urlWebhook}
          placeholder="https://ops.example.org/hook"
          required
        />
        <TextField
          label={words().optional(words().secret)}
          name="secret"
          type="password"
          autocomplete="off"
          hint={words().secretHint}
        />
      </Match>
      <Match when={isChat()}>
        <TextField
          label={words().url}
          name="url"
          type="url"
          autocomplete="off"
          hint={words().urlChat}
          required
        />
      </Match>
      <Match when={props.kind === "TELEGRAM"}>
        <TelegramFields />
      </Match>
    </Switch>
  );
}
