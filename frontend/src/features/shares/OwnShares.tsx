import { createQuery } from "@urql/solid";
import { For, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { OwnSharesQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { createEvery } from "../../lib/createEvery";
import { formatMinute, formatShare } from "../../lib/format";
import { Meter } from "../../ui/Meter";
import { Panel } from "../../ui/Panel";
import { providerName } from "../../ui/providers";

const OwnSharesQueryDoc = graphql(`
  query OwnShares {
    viewer {
      __typename
      ... on KeyHolder {
        shares {
          name
          provider
          mode
          state
          sharePercent
          windows {
            length
            usedPercent
            freePercent
            resetsAt
          }
        }
      }
    }
  }
`);

type Share = Extract<OwnSharesQuery["viewer"], { shares: unknown }>["shares"][number];

const part = (percent: number) => formatShare(percent / 100);

function ShareFacts(props: { share: Share }) {
  const name = () => props.share.name ?? providerName(props.share.provider);
  return (
    <section class="flex flex-col gap-3">
      <h3 class="font-semibold wrap-anywhere">
        {t("shares.ownShare", { name: name(), share: part(props.share.sharePercent) })}
      </h3>
      <For
        each={props.share.windows}
        fallback={<p class="text-sm text-muted">{t("shares.ownUnknown")}</p>}
      >
        {(window) => {
          const text = () =>
            t(window.resetsAt ? "shares.ownWindow" : "shares.ownWindowUnused", {
              length: t(`shares.lengths.${window.length}`),
              used: part(window.usedPercent),
              free: part(window.freePercent),
              at: window.resetsAt ? formatMinute(window.resetsAt) : "",
            });
          return (
            <div class="flex flex-col gap-1.5">
              <Meter
                label={t(`shares.lengths.${window.length}`)}
                percent={window.usedPercent}
                valueText={text()}
              />
              <p class="text-sm text-muted">{text()}</p>
            </div>
          );
        }}
      </For>
      <Show when={props.share.windows.length > 0}>
        <p class="text-sm">{t(`shares.ownStates.${props.share.state}`)}</p>
      </Show>
    </section>
  );
}

/** An end user's shares of usage windows; undefined until the server has responded. */
export function createOwnShares(): () => readonly Share[] | undefined {
  const [answer, ask] = createQuery({ query: OwnSharesQueryDoc });
  createEvery(() => ask({ requestPolicy: "network-only" }));
  return () => {
    const viewer = answer.data?.viewer;
    if (viewer) return "shares" in viewer ? viewer.shares : [];
    return answer.error && [];
  };
}

/** An end user's shares of usage windows; nothing if no windows are shared. */
export function OwnShares(props: { shares: readonly Share[] }) {
  return (
    <Show when={props.shares.length > 0}>
      <Panel title={t("shares.ownTitle")} hint={t("shares.ownHint")}>
        <div class="grid items-start gap-6 lg:grid-cols-2">
          <For each={props.shares}>{(share) => <ShareFacts share={share} />}</For>
        </div>
      </Panel>
    </Show>
  );
}
