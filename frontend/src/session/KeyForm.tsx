import { createSignal, Show } from "solid-js";
import { keepUserKey } from "../graphql/userKey";
import { t } from "../i18n";
import { readText } from "../lib/form";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Form } from "../ui/Form";
import { Notice } from "../ui/Notice";
import { useSession } from "./SessionProvider";

/** The sign-in of an end user with their API key. */
export function KeyForm() {
  const { refresh, keyHolder } = useSession();
  const [isAsking, setAsking] = createSignal(false);
  const [isRefused, setRefused] = createSignal(false);

  async function submit(form: FormData) {
    setRefused(false);
    setAsking(true);
    keepUserKey(readText(form, "key"));
    await refresh();
    setAsking(false);
    setRefused(!keyHolder());
  }

  return (
    <Form onSubmit={(form) => void submit(form)}>
      <p class="text-muted">{t("session.keyText")}</p>
      <TextField
        label={t("session.apiKey")}
        hint={t("session.keyHint")}
        name="key"
        type="password"
        placeholder="sk-…"
        autocomplete="off"
        required
        autofocus
      />
      <Show when={isRefused()}>
        <Notice tone="bad">{t("session.keyEnded")}</Notice>
      </Show>
      <Button tone="primary" type="submit" pending={isAsking()}>
        {t("session.signIn")}
      </Button>
    </Form>
  );
}
