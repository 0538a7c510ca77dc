import { createQuery } from "@urql/solid";
import { For, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { PriceUpdateQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { formatDay, formatUsd } from "../../lib/format";
import { Dialog } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { MutationForm } from "../../ui/MutationDialog";
import { providerName } from "../../ui/providers";
import { Cell, Head, Table } from "../../ui/Table";
import { notify } from "../../ui/Toaster";

const PriceUpdateQueryDoc = graphql(`
  query PriceUpdate {
    priceUpdate {
      source
      date
      changeCount
      unchanged
      digest
      changes {
        before {
          id
          inputPerMillion
          outputPerMillion
        }
        after {
          id
          modelPattern
          provider
          inputPerMillion
          outputPerMillion
        }
      }
      removed {
        id
        modelPattern
      }
      kept {
        id
        modelPattern
        source
      }
    }
  }
`);

const ApplyPriceUpdateMutation = graphql(`
  mutation ApplyPriceUpdate($input: ApplyPriceUpdateInput!) {
    applyPriceUpdate(input: $input) {
      added
    }
  }
`);

type Update = NonNullable<PriceUpdateQuery["priceUpdate"]>;
type Change = Update["changes"][number];

/** A rate before and after; once if it stays. */
function Rate(props: { before: string | undefined; after: string }) {
  return (
    <Cell number>
      <Show when={props.before !== undefined && props.before !== props.after}>
        <del class="text-muted max-sm:block">{formatUsd(props.before ?? "")}</del>{" "}
      </Show>
      {formatUsd(props.after)}
    </Cell>
  );
}

function ChangeRow(props: { change: Change }) {
  const after = () => props.change.after;
  return (
    <tr>
      <Cell class="min-w-32 sm:min-w-40">
        <span class="font-mono text-xs font-medium break-all">{after().modelPattern}</span>
        <span class="block text-sm text-muted">
          {props.change.before ? t("prices.update.changed") : t("prices.update.added")}
          <Show when={after().provider}>{(kind) => <> · {providerName(kind())}</>}</Show>
        </span>
      </Cell>
      <Rate before={props.change.before?.inputPerMillion} after={after().inputPerMillion} />
      <Rate before={props.change.before?.outputPerMillion} after={after().outputPerMillion} />
    </tr>
  );
}

function Names(props: { title: string; names: readonly string[] }) {
  return (
    <Show when={props.names.length > 0}>
      <details>
        <summary class="w-fit font-medium text-muted hover:text-ink">{props.title}</summary>
        <p class="mt-1 font-mono text-xs break-words">{props.names.join(", ")}</p>
      </details>
    </Show>
  );
}

function Difference(props: { update: Update }) {
  const names = (prices: readonly { modelPattern: string }[]) =>
    prices.map(({ modelPattern }) => modelPattern);
  return (
    <>
      <p class="text-sm text-muted">
        {t("prices.update.list", {
          source: props.update.source,
          date: formatDay(props.update.date),
          unchanged: props.update.unchanged,
        })}
      </p>
      <Show when={props.update.changes.length > 0} fallback={<p>{t("prices.update.nothing")}</p>}>
        <Table
          label={t("prices.update.changes")}
          head={
            <>
              <Head>{t("common.model")}</Head>
              <Head number>{t("usage.kinds.input")}</Head>
              <Head number>{t("usage.kinds.output")}</Head>
            </>
          }
        >
          <For each={props.update.changes}>{(change) => <ChangeRow change={change} />}</For>
        </Table>
      </Show>
      <Names
        title={t("prices.update.removed", { count: props.update.removed.length })}
        names={names(props.update.removed)}
      />
      <Names
        title={t("prices.update.kept", { count: props.update.kept.length })}
        names={names(props.update.kept)}
      />
    </>
  );
}

function Approval(props: { update: Update; onClose: () => void; onOutdated: () => void }) {
  const [application, apply] = createMutation(ApplyPriceUpdateMutation);

  async function submit() {
    const input = { digest: props.update.digest };
    const { data } = await apply({ input }, { additionalTypenames: ["Price"] });
    if (!data) return props.onOutdated();
    props.onClose();
    notify({ tone: "ok", text: t("prices.update.saved", { count: data.applyPriceUpdate.added }) });
  }

  return (
    <MutationForm
      mutation={application}
      submit={t("prices.update.approve", { count: props.update.changeCount })}
      disabled={props.update.changeCount === 0}
      onSubmit={() => void submit()}
      onClose={props.onClose}
    >
      <Difference update={props.update} />
    </MutationForm>
  );
}

function Comparison(props: { onClose: () => void }) {
  const [answer, refetch] = createQuery({
    query: PriceUpdateQueryDoc,
    requestPolicy: "network-only",
  });
  return (
    <>
      <ErrorNotice error={answer.error} />
      <Show when={answer.data} fallback={<Show when={!answer.error}>{<Loading />}</Show>}>
        {(data) => (
          <Show
            when={data().priceUpdate}
            fallback={<p class="text-muted">{t("prices.update.notConfigured")}</p>}
          >
            {(update) => (
              <Approval
                update={update()}
                onClose={props.onClose}
                onOutdated={() => refetch({ requestPolicy: "network-only" })}
              />
            )}
          </Show>
        )}
      </Show>
    </>
  );
}

/** Shows what the published price list changes, and saves it when approved. */
export function PriceUpdateDialog(props: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      wide
      open={props.open}
      title={t("prices.update.title")}
      description={t("prices.update.hint")}
      onClose={props.onClose}
    >
      <Comparison onClose={props.onClose} />
    </Dialog>
  );
}
