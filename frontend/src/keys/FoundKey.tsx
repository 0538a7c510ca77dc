import { A } from "@solidjs/router";
import { createEffect, createSignal, For, Match, on, Show, Switch } from "solid-js";
import { type FreshKey, KeySecretDialog } from "../connect/KeySecretDialog";
import { type FragmentType, graphql, readFragment } from "../graphql/generated";
import type { FoundKeyFragment as FoundKeyData } from "../graphql/generated/graphql";
import { May } from "../graphql/may";
import { t } from "../i18n";
import { exactUsd, formatCompact, formatUsd } from "../lib/format";
import { Button, buttonClass } from "../ui/Button";
import { ErrorNotice } from "../ui/ErrorNotice";
import { Ago } from "../ui/Moment";
import { Notice } from "../ui/Notice";
import type { KeyLookup } from "./createKeyLookup";
import { KeyBadge } from "./KeyBadge";
import { keyPath } from "./keyPath";
import { RevokeKeyDialog } from "./RevokeKeyDialog";
import { RotateKeyDialog } from "./RotateKeyDialog";

const FoundKeyFragment = graphql(`
  fragment FoundKey on ApiKey {
    id
    name
    state
    lastUsedAt
    user {
      id
      name
    }
    recentUsage {
      requests
      tokens {
        total
      }
      cost
    }
    createdKeys {
      id
    }
    recentAddresses {
      address
      lastSeenAt
    }
  }
`);

/** The recent usage of the key: times, addresses and cost. */
function Traces(props: { apiKey: FoundKeyData }) {
  const usage = () => props.apiKey.recentUsage;
  return (
    <dl class="mt-1.5 grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 text-sm">
      <dt class="text-muted">{t("keys.lastUsed")}</dt>
      <dd>
        <Ago at={props.apiKey.lastUsedAt} />
      </dd>
      <dt class="text-muted">{t("keys.addresses")}</dt>
      <dd>
        <For each={props.apiKey.recentAddresses} fallback={t("common.none")}>
          {(each) => (
            <span class="mr-3 inline-block">
              <span class="font-mono text-xs">{each.address}</span> (<Ago at={each.lastSeenAt} />)
            </span>
          )}
        </For>
      </dd>
      <dt class="text-muted">{t("keys.last30Days")}</dt>
      <dd title={exactUsd(usage().cost)}>
        {t("keys.spent", {
          requests: usage().requests,
          tokens: usage().tokens.total,
          tokenAmount: formatCompact(usage().tokens.total),
          cost: formatUsd(usage().cost),
        })}
      </dd>
    </dl>
  );
}

type ActionsProps = {
  apiKey: FoundKeyData;
  onFresh: (fresh: FreshKey) => void;
  /** A link was followed. */
  onLeave?: () => void;
};

function Actions(props: ActionsProps) {
  const [open, setOpen] = createSignal<"rotate" | "revoke">();
  const close = () => setOpen(undefined);
  let link: HTMLAnchorElement | undefined;
  // The button that had the focus has gone with the key: in a dialog the keyboard must not be lost.
  const keepFocus = () =>
    queueMicrotask(() => document.activeElement === document.body && link?.focus());
  createEffect(on(() => props.apiKey.state, keepFocus, { defer: true }));
  return (
    <div class="mt-3 flex flex-wrap gap-2">
      <May do="revokeApiKey">
        <Show when={props.apiKey.state !== "REVOKED"}>
          <Button size="small" onClick={() => setOpen("rotate")}>
            {t("keys.rotateMore")}
          </Button>
        </Show>
        <Show when={props.apiKey.state !== "REVOKED" || props.apiKey.createdKeys.length > 0}>
          <Button size="small" tone="danger" onClick={() => setOpen("revoke")}>
            {t("keys.revokeMore")}
          </Button>
        </Show>
      </May>
      <A
        ref={link}
        href={keyPath(props.apiKey)}
        class={buttonClass("plain", "small")}
        onClick={() => props.onLeave?.()}
      >
        {t("keys.open")}
      </A>
      <A
        href={`/requests?user=${props.apiKey.user.id}&key=${props.apiKey.id}`}
        class={buttonClass("quiet", "small")}
        onClick={() => props.onLeave?.()}
      >
        {t("common.viewRequests")}
      </A>
      <May do="revokeApiKey">
        <RotateKeyDialog
          apiKey={props.apiKey}
          open={open() === "rotate"}
          onClose={close}
          onFresh={props.onFresh}
        />
        <RevokeKeyDialog apiKey={props.apiKey} open={open() === "revoke"} onClose={close} />
      </May>
    </div>
  );
}

type FoundKeyProps = { apiKey: FragmentType<typeof FoundKeyFragment>; onLeave?: () => void };

function FoundKey(props: FoundKeyProps) {
  const [fresh, setFresh] = createSignal<FreshKey>();
  const apiKey = () => readFragment(FoundKeyFragment, props.apiKey);
  return (
    <Notice tone="info">
      <p class="flex flex-wrap items-center gap-2 font-medium">
        {t("keys.owner", { user: apiKey().user.name, key: apiKey().name })}
        <KeyBadge state={apiKey().state} />
      </p>
      <Traces apiKey={apiKey()} />
      <Show when={apiKey().createdKeys.length}>
        {(count) => <p class="mt-1.5 font-medium">{t("keys.createdKeys", { count: count() })}</p>}
      </Show>
      <Actions apiKey={apiKey()} onFresh={setFresh} onLeave={props.onLeave} />
      <KeySecretDialog fresh={fresh()} onDone={() => setFresh(undefined)} />
    </Notice>
  );
}

/** The owner of a pasted API key, what the key was used for, and what to do about it. */
export function PastedKey(props: { lookup: KeyLookup; onLeave?: () => void }) {
  return (
    <div class="w-full" aria-live="polite">
      <ErrorNotice error={props.lookup.error()} />
      <Switch>
        <Match when={props.lookup.found()}>
          {(found) => <FoundKey apiKey={found()} onLeave={props.onLeave} />}
        </Match>
        <Match when={props.lookup.isUnknown()}>
          <Notice tone="warn">{t("keys.unknown")}</Notice>
        </Match>
        <Match when={props.lookup.isMalformed()}>
          <Notice tone="warn">{t("keys.malformed")}</Notice>
        </Match>
      </Switch>
    </div>
  );
}
