import { A } from "@solidjs/router";
import { Show } from "solid-js";
import type { FreshKey } from "../../connect/KeySecretDialog";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { AllKeysRowFragment as AllKeysRowData } from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { KeyBadge } from "../../keys/KeyBadge";
import { KeyMark } from "../../keys/KeyMark";
import { keyPath } from "../../keys/keyPath";
import { exactUsd, formatCompact, formatUsd, formatWhole } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Ago } from "../../ui/Moment";
import { Cell } from "../../ui/Table";
import { KeyActions } from "./KeyActions";
import { FullestQuota, KeyEnd } from "./KeyEnd";
import { KeyOrigins } from "./KeyOrigins";

const AllKeysRowFragment = graphql(`
  fragment AllKeysRow on ApiKey {
    id
    name
    state
    lastUsedAt
    endsAt
    revokedAt
    allowedNetworks
    allowedClients
    user {
      id
      name
      enabled
      archivedAt
    }
    quotas {
      id
      usedPercent
    }
    recentUsage {
      requests
      tokens {
        total
      }
      cost
    }
    recentAddresses {
      address
    }
    ...KeyMark
    ...KeyActions
  }
`);

function Owner(props: { apiKey: AllKeysRowData }) {
  const user = () => props.apiKey.user;
  return (
    <>
      <A
        href={`/users/${user().id}`}
        class="block max-w-48 truncate underline-offset-4 hover:underline"
      >
        {user().name}
      </A>
      <Show when={!user().enabled && props.apiKey.state === "ACTIVE"}>
        <Badge tone="warn">{t("keys.userDisabled")}</Badge>
      </Show>
    </>
  );
}

/** The last use with its address; further recent addresses are counted, and listed in the tooltip. */
function LastUse(props: { apiKey: AllKeysRowData }) {
  const addresses = () => props.apiKey.recentAddresses.map(({ address }) => address);
  return (
    <>
      <Ago at={props.apiKey.lastUsedAt} />
      <Show when={addresses()[0]}>
        {(latest) => (
          <span title={addresses().join("\n")} class="block font-mono text-xs">
            {latest()}
            <Show when={addresses().length > 1}>
              {" "}
              {t("keys.moreAddresses", { count: addresses().length - 1 })}
            </Show>
          </span>
        )}
      </Show>
    </>
  );
}

/** The values of the columns that do not fit on a small screen. */
function Below(props: { apiKey: AllKeysRowData }) {
  const usage = () => props.apiKey.recentUsage;
  return (
    <>
      <div class="flex flex-wrap items-center gap-2 text-sm sm:hidden">
        <Owner apiKey={props.apiKey} />
        <KeyBadge state={props.apiKey.state} />
      </div>
      <div class="text-sm text-muted md:hidden">
        <LastUse apiKey={props.apiKey} />
      </div>
      <Show when={usage().requests > 0}>
        <span class="block text-sm text-muted md:hidden">
          {t("keys.in30Days", {
            tokens: usage().tokens.total,
            tokenAmount: formatCompact(usage().tokens.total),
            cost: formatUsd(usage().cost),
          })}
        </span>
      </Show>
      <Show when={!props.apiKey.revokedAt && props.apiKey.endsAt}>
        <span class="block text-sm text-muted md:hidden">
          {t("keys.ends")}: <KeyEnd apiKey={props.apiKey} />
        </span>
      </Show>
      <span class="mt-1.5 block 2xl:hidden">
        <FullestQuota quotas={props.apiKey.quotas} />
      </span>
    </>
  );
}

type AllKeysRowProps = {
  apiKey: FragmentType<typeof AllKeysRowFragment>;
  isChosen: boolean;
  onChoose: (chosen: boolean) => void;
  onFresh: (fresh: FreshKey) => void;
};

/** One key in the list of all keys. */
export function AllKeysRow(props: AllKeysRowProps) {
  const apiKey = () => readFragment(AllKeysRowFragment, props.apiKey);
  const usage = () => apiKey().recentUsage;
  return (
    <tr class={props.isChosen ? "bg-accent-soft" : "hover:bg-hover/50"}>
      <May do="revokeApiKeys">
        <Cell class="w-px">
          <input
            type="checkbox"
            aria-label={t("keys.choose", { name: apiKey().name, user: apiKey().user.name })}
            checked={props.isChosen}
            disabled={apiKey().state === "REVOKED"}
            onChange={(event) => props.onChoose(event.currentTarget.checked)}
            class="size-4 align-middle accent-accent-text"
          />
        </Cell>
      </May>
      <Cell>
        <A
          href={keyPath(apiKey())}
          class="block max-w-56 truncate font-medium underline-offset-4 hover:underline"
        >
          {apiKey().name}
        </A>
        <KeyMark apiKey={apiKey()} />
        <KeyOrigins apiKey={apiKey()} />
        <Below apiKey={apiKey()} />
      </Cell>
      <Cell class="max-sm:hidden">
        <Owner apiKey={apiKey()} />
      </Cell>
      <Cell class="max-sm:hidden">
        <KeyBadge state={apiKey().state} />
      </Cell>
      <Cell class="whitespace-nowrap text-muted max-md:hidden">
        <LastUse apiKey={apiKey()} />
      </Cell>
      <Cell number class="text-muted max-2xl:hidden">
        {formatWhole(usage().requests)}
      </Cell>
      <Cell number class="text-muted max-md:hidden">
        <span title={formatWhole(usage().tokens.total)}>{formatCompact(usage().tokens.total)}</span>
      </Cell>
      <Cell number class="text-muted max-md:hidden">
        <span title={exactUsd(usage().cost)}>{formatUsd(usage().cost)}</span>
      </Cell>
      <Cell class="w-28 max-2xl:hidden">
        <FullestQuota quotas={apiKey().quotas} />
      </Cell>
      <Cell class="whitespace-nowrap text-muted max-md:hidden">
        <KeyEnd apiKey={apiKey()} />
      </Cell>
      <Cell class="w-px text-right">
        <KeyActions userId={apiKey().user.id} apiKey={apiKey()} onFresh={props.onFresh} />
      </Cell>
    </tr>
  );
}
