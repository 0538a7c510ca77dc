import { createQuery } from "@urql/solid";
import { createUniqueId, For, Show, untrack } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { WindowOpeningsQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { formatMoment } from "../../lib/format";
import { ownZone } from "../../lib/zone";
import { Dialog } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { TextField } from "../../ui/Field";
import { Loading } from "../../ui/Loading";
import { MutationForm } from "../../ui/MutationDialog";
import { Notice } from "../../ui/Notice";
import { notify } from "../../ui/Toaster";

const OpeningsQuery = graphql(`
  query WindowOpenings($id: ID!) {
    windowOpenings(accountId: $id) {
      times
      timezone
      model
      lastOutcome
      lastAt
      lastReason
    }
    models {
      name
      aliasOf
      providers
    }
  }
`);

const SetOpeningsMutation = graphql(`
  mutation SetWindowOpenings($id: ID!, $input: WindowOpeningsInput) {
    setWindowOpenings(accountId: $id, input: $input) {
      account {
        id
      }
    }
  }
`);

type OpenedAccount = { id: string; kind: string; label: string };

type Known = WindowOpeningsQuery;

function OpeningsForm(props: { account: OpenedAccount; known: Known; onClose: () => void }) {
  const [change, set] = createMutation(SetOpeningsMutation);
  const list = createUniqueId();
  const present = untrack(() => props.known.windowOpenings);
  const models = () =>
    props.known.models.filter(
      ({ aliasOf, providers }) => !aliasOf && providers.some((kind) => kind === props.account.kind),
    );

  async function submit(form: FormData, account: OpenedAccount, onClose: () => void) {
    const times = readText(form, "times")
      .split(/[\s,;]+/)
      .filter(Boolean);
    const input =
      times.length > 0
        ? { times, timezone: readText(form, "timezone"), model: readText(form, "model") }
        : null;
    const { error } = await set({ id: account.id, input });
    if (error) return;
    onClose();
    notify({ tone: "ok", text: t("providers.openings.saved", { label: account.label }) });
  }

  return (
    <MutationForm
      mutation={change}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form, props.account, props.onClose)}
      onClose={props.onClose}
    >
      <Notice tone="warn">{t("providers.openings.terms")}</Notice>
      <TextField
        label={t("providers.openings.times")}
        name="times"
        value={present?.times.join(", ") ?? ""}
        placeholder="07:00, 12:05"
        hint={t("providers.openings.timesHint")}
        autocomplete="off"
        autofocus
      />
      <TextField
        label={t("providers.openings.timezone")}
        name="timezone"
        value={present?.timezone ?? ownZone()}
        maxLength={64}
        autocomplete="off"
        required
      />
      <TextField
        label={t("providers.test.model")}
        name="model"
        value={present?.model ?? ""}
        hint={t("providers.openings.modelHint")}
        list={list}
        maxLength={200}
        autocomplete="off"
      />
      <datalist id={list}>
        <For each={models()}>{({ name }) => <option value={name} />}</For>
      </datalist>
      <Show when={present?.lastAt}>
        {(at) => (
          <p class="text-sm text-muted">
            {t("providers.openings.last", { at: formatMoment(at()) })}{" "}
            {t(`providers.openings.outcomes.${present?.lastOutcome ?? "OPENED"}`)}
            <Show when={present?.lastReason}>{(reason) => ` (${reason()})`}</Show>
          </p>
        )}
      </Show>
    </MutationForm>
  );
}

function Content(props: { account: OpenedAccount; onClose: () => void }) {
  const [answer] = createQuery({
    query: OpeningsQuery,
    variables: () => ({ id: props.account.id }),
    requestPolicy: "network-only",
  });
  return (
    <Show
      when={answer.data}
      fallback={
        <Show when={answer.error} fallback={<Loading />}>
          <ErrorNotice error={answer.error} />
        </Show>
      }
    >
      {(known) => <OpeningsForm {...props} known={untrack(known)} />}
    </Show>
  );
}

/** Sets the times of day at which the server opens the usage window of an account. */
export function WindowOpeningsDialog(props: {
  account: OpenedAccount;
  open: boolean;
  onClose: () => void;
}) {
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={t("providers.openings.title", { label: props.account.label })}
      description={t("providers.openings.hint")}
    >
      <Show when={props.open}>
        <Content account={props.account} onClose={props.onClose} />
      </Show>
    </Dialog>
  );
}
