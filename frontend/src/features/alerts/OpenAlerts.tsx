import { createQuery } from "@urql/solid";
import { createMemo, For, Show } from "solid-js";
import { AlertRow } from "../../alerts/AlertRow";
import { type Alert, describeAlert, readAlerts } from "../../alerts/alert";
import { followAlerts } from "../../alerts/followAlerts";
import { createAgain } from "../../graphql/createAgain";
import { createAllowedMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
import { notify, notifyError } from "../../ui/Toaster";

const OpenAlertsQuery = graphql(`
  query OpenAlerts {
    alerts(filter: { open: true }, first: 100) {
      totalCount
      nodes {
        id
        ...Alert
      }
    }
  }
`);

const AcknowledgeAlertsMutation = graphql(`
  mutation AcknowledgeAlerts($ids: [ID!]!) {
    acknowledgeAlerts(ids: $ids) {
      alerts {
        id
        acknowledgedAt
        acknowledgedBy
      }
    }
  }
`);

/** The alerts whose condition holds, with their remedies, to be acknowledged one by one or together. */
export function OpenAlerts() {
  const [query, ask] = createQuery({
    query: OpenAlertsQuery,
    context: { additionalTypenames: ["Alert"] },
  });
  const again = createAgain(query, ask);
  followAlerts(again, again);
  const acknowledgement = createAllowedMutation("acknowledgeAlerts", AcknowledgeAlertsMutation);
  const alerts = createMemo(() => readAlerts(query.data?.alerts.nodes ?? []));
  const pending = () => alerts().filter((alert) => !alert.acknowledgedAt);
  const hidden = () => (query.data?.alerts.totalCount ?? 0) - alerts().length;

  async function acknowledge(chosen: readonly Alert[]) {
    const send = acknowledgement()?.[1];
    const { error } = (await send?.({ ids: chosen.map(({ id }) => id) })) ?? {};
    if (error) notifyError(error);
    else notify({ tone: "ok", text: t("alerts.acknowledgedToast", { count: chosen.length }) });
  }
  const isSending = () => acknowledgement()?.[0].fetching ?? false;

  return (
    <ListPanel
      title={t("alerts.open")}
      error={query.error}
      count={query.data && alerts().length}
      usual={2}
      actions={
        <Show when={acknowledgement() && pending().length > 1}>
          <Button size="small" pending={isSending()} onClick={() => void acknowledge(pending())}>
            {t("alerts.acknowledgeAll")}
          </Button>
        </Show>
      }
      empty={<EmptyState title={t("alerts.openNone")}>{t("alerts.openNoneHint")}</EmptyState>}
    >
      <ul class="divide-y divide-line">
        <For each={alerts()}>
          {(alert) => (
            <AlertRow alert={alert}>
              <Show when={acknowledgement() && !alert.acknowledgedAt}>
                <Button
                  size="small"
                  tone="quiet"
                  disabled={isSending()}
                  aria-label={t("alerts.acknowledgeNamed", { text: describeAlert(alert) })}
                  onClick={() => void acknowledge([alert])}
                >
                  {t("alerts.acknowledge")}
                </Button>
              </Show>
            </AlertRow>
          )}
        </For>
      </ul>
      <Show when={hidden() > 0}>
        <p class="border-t border-line px-4 py-2.5 text-sm text-muted sm:px-5">
          {t("alerts.moreOpen", { count: hidden() })}
        </p>
      </Show>
    </ListPanel>
  );
}
