import { createQuery } from "@urql/solid";
import { createMemo, createSignal, Match, Show, Switch } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { OwnAlertAddressQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { formatShare } from "../../lib/format";
import { Notice } from "../../ui/Notice";
import { Panel } from "../../ui/Panel";
import { CodeForm } from "./CodeForm";
import { ConfirmedAddress } from "./ConfirmedAddress";
import { RequestForm } from "./RequestForm";

const OwnAlertAddressDocument = graphql(`
  query OwnAlertAddress {
    viewer {
      __typename
      ... on KeyHolder {
        alertAddress {
          isAllowed
          percents
          address
          confirmedAt
          pending {
            address
            expiresAt
            attemptsLeft
          }
        }
      }
    }
  }
`);

type KeyHolder = Extract<OwnAlertAddressQuery["viewer"], { alertAddress: unknown }>;
/** The address of an end user, as the server knows it. */
export type AlertAddress = KeyHolder["alertAddress"];

/** An end user's own address for warnings, if an administrator allows one. */
export function OwnAlertAddress() {
  const [answer] = createQuery({ query: OwnAlertAddressDocument });
  const [isChanging, setChanging] = createSignal(false);
  const own = createMemo<AlertAddress | undefined>((before) => {
    const viewer = answer.data?.viewer;
    return viewer && "alertAddress" in viewer ? viewer.alertAddress : before;
  });
  const percents = () => own()?.percents.map((percent) => formatShare(percent / 100)) ?? [];
  const list = () => percents().join(", ");
  const stop = () => setChanging(false);

  return (
    <Show when={own()?.isAllowed || own()?.address}>
      <Panel title={t("alertAddress.title")} hint={t("alertAddress.hint", { percents: list() })}>
        <div class="flex max-w-xl flex-col gap-4">
          <Show when={own()?.address}>
            {(address) => (
              <ConfirmedAddress
                address={address()}
                confirmedAt={own()?.confirmedAt}
                onChange={own()?.isAllowed && !isChanging() ? () => setChanging(true) : undefined}
              />
            )}
          </Show>
          <Switch>
            <Match when={!own()?.isAllowed}>
              <Notice tone="info">{t("alertAddress.off")}</Notice>
            </Match>
            <Match when={!isChanging() && own()?.pending}>
              {(pending) => <CodeForm pending={pending()} onOther={() => setChanging(true)} />}
            </Match>
            <Match when={isChanging() || !own()?.address}>
              <RequestForm onSent={stop} onClose={isChanging() ? stop : undefined} />
            </Match>
          </Switch>
        </div>
      </Panel>
    </Show>
  );
}
