import { createQuery } from "@urql/solid";
import { createSignal, Match, Show, Switch, untrack } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { errorCode } from "../../graphql/errors";
import { graphql } from "../../graphql/generated";
import type { PendingAgentSignInQuery } from "../../graphql/generated/graphql";
import { forgetUserKey } from "../../graphql/userKey";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { useSession } from "../../session/SessionProvider";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Fact, Facts } from "../../ui/Facts";
import { TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { Loading } from "../../ui/Loading";
import { Ago } from "../../ui/Moment";
import { Notice } from "../../ui/Notice";
import { agentName } from "./agentName";

const PendingAgentSignInDocument = graphql(`
  query PendingAgentSignIn($code: String!) {
    viewer {
      __typename
      ... on KeyHolder {
        user {
          id
          name
        }
        apiKey {
          id
          name
          expiresAt
        }
        agentSignInRequest(code: $code) {
          agent
          surface
          clientId
          clientIp
          isOnThisMachine
          isLongLived
          createdAt
          days
        }
      }
    }
  }
`);

const ConfirmAgentSignInMutation = graphql(`
  mutation ConfirmAgentSignIn($code: String!, $name: String!) {
    confirmAgentSignIn(code: $code, name: $name) {
      id
      redirectUrl
    }
  }
`);

const DenyAgentSignInMutation = graphql(`
  mutation DenyAgentSignIn($code: String!) {
    denyAgentSignIn(code: $code) {
      id
      redirectUrl
    }
  }
`);

type Asking = Extract<PendingAgentSignInQuery["viewer"], { agentSignInRequest: unknown }>;
type Outcome = "confirmed" | "denied";

type AgentSignInProps = {
  /** The code in the address, which is shown and never sent by itself. */
  userCode: string;
  /** The secret of an agent that opened the browser itself. */
  request: string | undefined;
};

/** A key holder lets an agent sign in, or not. */
export function AgentSignIn(props: AgentSignInProps) {
  const [code, setCode] = createSignal(untrack(() => props.request));
  const [outcome, setOutcome] = createSignal<Outcome>();

  return (
    <Switch>
      <Match when={outcome()}>
        {(decided) => (
          <Notice tone={decided() === "confirmed" ? "ok" : "info"}>
            {t(`agentSignIn.${decided()}`)}
          </Notice>
        )}
      </Match>
      <Match when={code()}>
        {(known) => (
          <Question
            code={known()}
            shown={props.request ? undefined : known()}
            onOther={props.request ? undefined : () => setCode(undefined)}
            onDecided={setOutcome}
          />
        )}
      </Match>
      <Match when={true}>
        <Form onSubmit={(form) => setCode(readText(form, "code").toUpperCase())}>
          <p class="text-muted">{t("agentSignIn.codeText")}</p>
          <TextField
            label={t("agentSignIn.code")}
            name="code"
            value={props.userCode}
            placeholder="WDJB-MJHT"
            autocomplete="off"
            maxlength="20"
            required
            autofocus
          />
          <Button tone="primary" type="submit">
            {t("agentSignIn.continue")}
          </Button>
        </Form>
      </Match>
    </Switch>
  );
}

type QuestionProps = {
  code: string;
  /** The code to compare with the one that the agent shows. */
  shown: string | undefined;
  onOther: (() => void) | undefined;
  onDecided: (outcome: Outcome) => void;
};

/** Shows who asks, once the server knows the code. */
function Question(props: QuestionProps) {
  const [answer] = createQuery({
    query: PendingAgentSignInDocument,
    variables: () => ({ code: props.code }),
    requestPolicy: "network-only",
  });
  const asking = (): Asking | undefined => {
    const viewer = answer.data?.viewer;
    return viewer && "agentSignInRequest" in viewer ? viewer : undefined;
  };

  return (
    <Switch fallback={<Loading />}>
      <Match when={answer.error}>
        <Failure error={answer.error} onOther={props.onOther} />
      </Match>
      <Match when={asking()}>{(known) => <Decision {...props} asking={known()} />}</Match>
    </Switch>
  );
}

function Failure(props: { error: QueryError; onOther: (() => void) | undefined }) {
  return (
    <>
      <Show
        when={errorCode(props.error) === "NOT_FOUND"}
        fallback={<ErrorNotice error={props.error} />}
      >
        <Notice tone="bad">{t("agentSignIn.unknown")}</Notice>
      </Show>
      <Show when={props.onOther}>
        {(other) => <Button onClick={() => other()()}>{t("agentSignIn.otherCode")}</Button>}
      </Show>
    </>
  );
}

type QueryError = Parameters<typeof errorCode>[0];

function Decision(props: QuestionProps & { asking: Asking }) {
  const [confirmation, confirm] = createMutation(ConfirmAgentSignInMutation);
  const [denial, deny] = createMutation(DenyAgentSignInMutation);
  const request = () => props.asking.agentSignInRequest;
  const name = () => agentName(request());

  /** An agent on this machine waits for the browser. */
  function leave(target: string | null | undefined) {
    if (target?.startsWith("http://")) location.replace(target);
  }

  async function submit(form: FormData) {
    const { data } = await confirm({ code: props.code, name: readText(form, "name") });
    if (!data) return;
    props.onDecided("confirmed");
    leave(data.confirmAgentSignIn.redirectUrl);
  }

  async function refuse() {
    const { data } = await deny({ code: props.code });
    if (!data) return;
    props.onDecided("denied");
    leave(data.denyAgentSignIn.redirectUrl);
  }

  return (
    <Form onSubmit={(form) => void submit(form)}>
      <p>{t("agentSignIn.question", { agent: name() ?? t("agentSignIn.unnamed") })}</p>
      <Show when={props.shown}>
        {(code) => (
          <p>
            <span class="block text-sm text-muted">{t("agentSignIn.compare")}</span>
            <span class="font-mono text-2xl font-semibold tracking-widest">{code()}</span>
          </p>
        )}
      </Show>
      <Facts>
        <Fact name={t("agentSignIn.agent")}>{request().agent ?? t("agentSignIn.unnamed")}</Fact>
        <Fact name={t("agentSignIn.address")}>{request().clientIp ?? "–"}</Fact>
        <Fact name={t("agentSignIn.asked")}>
          <Ago at={request().createdAt} />
        </Fact>
      </Facts>
      <Bounds asking={props.asking} />
      <Notice tone="warn">
        {t(request().isOnThisMachine ? "agentSignIn.warnHere" : "agentSignIn.warn")}
      </Notice>
      <TextField
        label={t("agentSignIn.name")}
        name="name"
        value={name() ?? ""}
        hint={t("agentSignIn.nameHint")}
        autocomplete="off"
        maxlength="100"
        required
      />
      <ErrorNotice error={confirmation.error ?? denial.error} />
      <div class="flex flex-wrap gap-3">
        <Button tone="primary" type="submit" pending={confirmation.fetching}>
          {t("agentSignIn.confirm")}
        </Button>
        <Button pending={denial.fetching} onClick={() => void refuse()}>
          {t("agentSignIn.deny")}
        </Button>
      </div>
    </Form>
  );
}

/** The extent of what the agent gets. */
function Bounds(props: { asking: Asking }) {
  const { refresh } = useSession();
  const request = () => props.asking.agentSignInRequest;

  async function changeKey() {
    forgetUserKey();
    await refresh();
  }

  return (
    <div class="text-muted">
      <p>
        {t("agentSignIn.allowed", {
          user: props.asking.user.name,
          key: props.asking.apiKey.name,
          days: request().days,
        })}
      </p>
      <Show when={request().isLongLived}>
        <p class="mt-2">{t("agentSignIn.longLived")}</p>
      </Show>
      <button
        type="button"
        class="mt-2 underline underline-offset-4 hover:text-ink"
        onClick={() => void changeKey()}
      >
        {t("agentSignIn.otherKey")}
      </button>
    </div>
  );
}
