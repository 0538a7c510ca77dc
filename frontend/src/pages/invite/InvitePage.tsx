import { useLocation, useNavigate } from "@solidjs/router";
import { createSignal, Match, Switch } from "solid-js";
import { type FreshKey, KeySecretDialog } from "../../connect/KeySecretDialog";
import { createMutation } from "../../graphql/createMutation";
import { errorCode } from "../../graphql/errors";
import { graphql } from "../../graphql/generated";
import { keepUserKey } from "../../graphql/userKey";
import { isTranslated, t } from "../../i18n";
import { readText } from "../../lib/form";
import { Gate } from "../../session/Gate";
import { useSession } from "../../session/SessionProvider";
import { Unreachable } from "../../session/Unreachable";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { Loading } from "../../ui/Loading";
import { Notice } from "../../ui/Notice";

const AcceptUserInvitationMutation = graphql(`
  mutation AcceptUserInvitation($token: String!, $apiKeyName: String!) {
    acceptUserInvitation(token: $token, apiKeyName: $apiKeyName) {
      userName
      apiKeyId
      secret
    }
  }
`);

/** The target of an invitation: the user names their key, gets it once, and is signed in with it. */
export default function InvitePage() {
  const { status } = useSession();
  const location = useLocation();
  // Kept from the first frame: the address may lose it.
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  return (
    <Switch>
      <Match when={status() === "loading" || !isTranslated()}>
        <Loading />
      </Match>
      <Match when={status() === "unreachable"}>
        <Unreachable />
      </Match>
      <Match when={token}>{(known) => <Invitation token={known()} />}</Match>
      <Match when={true}>
        <Gate title={t("invitations.page.title")}>
          <Notice tone="warn">{t("invitations.page.incomplete")}</Notice>
        </Gate>
      </Match>
    </Switch>
  );
}

function Invitation(props: { token: string }) {
  const { refresh } = useSession();
  const navigate = useNavigate();
  const [acceptance, accept] = createMutation(AcceptUserInvitationMutation);
  const [fresh, setFresh] = createSignal<FreshKey>();
  const isInvalid = () => errorCode(acceptance.error) === "UNAUTHENTICATED";

  async function submit(form: FormData) {
    const { data } = await accept({ token: props.token, apiKeyName: readText(form, "name") });
    if (!data) return;
    const { userName, apiKeyId, secret } = data.acceptUserInvitation;
    keepUserKey(secret);
    // The link is used up: a reload must not offer it again.
    history.replaceState(history.state, "", location.pathname);
    await refresh();
    setFresh({ title: t("invitations.page.welcome", { user: userName }), secret, apiKeyId });
  }

  return (
    <>
      <Gate title={t("invitations.page.title")}>
        <Form onSubmit={(form) => void submit(form)}>
          <p class="text-muted">{t("invitations.page.hint")}</p>
          <TextField
            label={t("invitations.page.name")}
            name="name"
            hint={t("keys.nameHint")}
            autocomplete="off"
            maxlength="100"
            required
            autofocus
          />
          <Switch fallback={<ErrorNotice error={acceptance.error} />}>
            <Match when={isInvalid()}>
              <Notice tone="bad">{t("invitations.page.invalid")}</Notice>
            </Match>
          </Switch>
          <Button tone="primary" type="submit" pending={acceptance.fetching}>
            {t("invitations.page.accept")}
          </Button>
        </Form>
      </Gate>
      <KeySecretDialog fresh={fresh()} onDone={() => navigate("/me", { replace: true })} />
    </>
  );
}
