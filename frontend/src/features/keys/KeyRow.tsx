import { Show } from "solid-js";
import type { FreshKey } from "../../connect/KeySecretDialog";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { KeyBadge } from "../../keys/KeyBadge";
import { KeyMark } from "../../keys/KeyMark";
import { Ago } from "../../ui/Moment";
import { Cell } from "../../ui/Table";
import { KeyActions } from "./KeyActions";
import { FullestQuota, KeyEnd } from "./KeyEnd";
import { KeyOrigins } from "./KeyOrigins";

const KeyRowFragment = graphql(`
  fragment KeyRow on ApiKey {
    id
    name
    state
    lastUsedAt
    endsAt
    revokedAt
    allowedNetworks
    allowedClients
    quotas {
      id
      usedPercent
    }
    ...KeyMark
    ...KeyActions
  }
`);

type KeyRowProps = {
  userId: string;
  apiKey: FragmentType<typeof KeyRowFragment>;
  /** The key that the page was opened for. */
  isSought: boolean;
  /** Called with the secret of the replacement. */
  onFresh: (fresh: FreshKey) => void;
};

/** One API key in the list. */
export function KeyRow(props: KeyRowProps) {
  const apiKey = () => readFragment(KeyRowFragment, props.apiKey);
  return (
    <tr
      ref={(row) =>
        props.isSought && queueMicrotask(() => row.scrollIntoView?.({ block: "nearest" }))
      }
      aria-current={props.isSought ? "true" : undefined}
      class="aria-[current]:bg-accent-soft"
    >
      <Cell>
        <span class="block font-medium">{apiKey().name}</span>
        <KeyMark apiKey={apiKey()} />
        <KeyOrigins apiKey={apiKey()} />
        <span class="block text-sm text-muted sm:hidden">
          {t("keys.lastUsed")}: <Ago at={apiKey().lastUsedAt} />
        </span>
        <Show when={!apiKey().revokedAt}>
          <span class="block text-sm text-muted md:hidden">
            {t("keys.ends")}: <KeyEnd apiKey={apiKey()} />
          </span>
        </Show>
        <span class="mt-1.5 block lg:hidden">
          <FullestQuota quotas={apiKey().quotas} />
        </span>
      </Cell>
      <Cell>
        <KeyBadge state={apiKey().state} />
      </Cell>
      <Cell class="w-40 max-lg:hidden">
        <FullestQuota quotas={apiKey().quotas} />
      </Cell>
      <Cell class="whitespace-nowrap text-muted max-sm:hidden">
        <Ago at={apiKey().lastUsedAt} />
      </Cell>
      <Cell class="whitespace-nowrap text-muted max-md:hidden">
        <KeyEnd apiKey={apiKey()} />
      </Cell>
      <Cell class="w-px text-right">
        <KeyActions userId={props.userId} apiKey={apiKey()} onFresh={props.onFresh} />
      </Cell>
    </tr>
  );
}
