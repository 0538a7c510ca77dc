import { createQuery } from "@urql/solid";
import { createSignal, For, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql, readFragment } from "../../graphql/generated";
import type { SharingStateFragment } from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { createEvery } from "../../lib/createEvery";
import { formatShare, formatTime } from "../../lib/format";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { SelectField } from "../../ui/Field";
import { Loading } from "../../ui/Loading";
import { Notice } from "../../ui/Notice";
import { Panel } from "../../ui/Panel";
import { providerName } from "../../ui/providers";
import { Cell, Head, Table } from "../../ui/Table";
import { AllowAboveDialog, WeightDialog } from "./ShareDialogs";

const SharingStateFragmentDoc = graphql(`
  fragment SharingState on AccountSharing {
    mode
    observedSince
    enforceableFrom
    overrides {
      until
      reason
      user {
        id
        name
      }
    }
    report(days: 7) {
      wouldRefuse
      refused
      user {
        id
        name
      }
    }
    pools {
      provider
      windows {
        length
        usedPercent
        freePercent
        keptPercent
        resetsAt
      }
      shares {
        weight
        sharePercent
        fiveHoursUsedPercent
        weekUsedPercent
        weekKeptPercent
        state
        user {
          id
          name
        }
      }
    }
  }
`);

const UngroupedSharingQuery = graphql(`
  query UngroupedSharing {
    ungroupedSharing {
      ...SharingState
    }
  }
`);

const GroupSharingQuery = graphql(`
  query GroupSharing($id: ID!) {
    accountGroup(id: $id) {
      id
      sharing {
        ...SharingState
      }
    }
  }
`);

const SetShareModeMutation = graphql(`
  mutation SetShareMode($accountGroupId: ID, $mode: ShareMode!, $confirm: Boolean!) {
    setShareMode(accountGroupId: $accountGroupId, mode: $mode, confirm: $confirm) {
      sharing {
        ...SharingState
      }
    }
  }
`);

const MODES = ["OFF", "OBSERVE", "ENFORCE"] as const;
type Mode = (typeof MODES)[number];
type Pool = SharingStateFragment["pools"][number];

/** The change concerns every state of shares. */
const CHANGES_SHARES = { additionalTypenames: ["AccountSharing", "AccountGroup"] };

const part = (percent: number) => formatShare(percent / 100);

/** The mode, with a confirmation before requests are refused. */
function ModeSwitch(props: { groupId: string | undefined; sharing: SharingStateFragment }) {
  const [change, set] = createMutation(SetShareModeMutation);
  const [confirming, setConfirming] = createSignal(false);
  const isObserved = () => {
    const from = props.sharing.enforceableFrom;
    return Boolean(from) && new Date(from ?? "") <= new Date();
  };

  async function choose(mode: Mode) {
    const accountGroupId = props.groupId ?? null;
    const { error } = await set({ accountGroupId, mode, confirm: true }, CHANGES_SHARES);
    if (!error) setConfirming(false);
  }

  return (
    <div class="flex flex-col gap-3">
      <SelectField
        label={t("shares.mode")}
        value={props.sharing.mode}
        options={MODES.map((value) => ({ value, label: t(`shares.modes.${value}`) }))}
        hint={t(`shares.modeHints.${props.sharing.mode}`)}
        onChange={(event) => {
          const mode = MODES.find((each) => each === event.currentTarget.value) ?? "OFF";
          if (mode === "ENFORCE") setConfirming(true);
          else void choose(mode);
        }}
      />
      <ErrorNotice error={change.error} />
      <ConfirmDialog
        open={confirming()}
        title={t("shares.enforceTitle")}
        confirmLabel={t("shares.enforce")}
        pending={change.fetching}
        error={change.error}
        onConfirm={() => void choose("ENFORCE")}
        onClose={() => setConfirming(false)}
      >
        {isObserved() ? t("shares.enforceHint") : t("shares.enforceEarly")}
      </ConfirmDialog>
    </div>
  );
}

/** The requests that would have been refused, or were, in the last week. */
function Report(props: { sharing: SharingStateFragment }) {
  const sum = (of: "wouldRefuse" | "refused") =>
    props.sharing.report.reduce((total, row) => total + row[of], 0);
  const users = () =>
    props.sharing.report.filter((row) => row.wouldRefuse + row.refused > 0).length;
  return (
    <p class="text-sm text-muted">
      {t("shares.report", {
        wouldRefuse: sum("wouldRefuse"),
        refused: sum("refused"),
        users: users(),
      })}
    </p>
  );
}

function Windows(props: { pool: Pool }) {
  return (
    <Show
      when={props.pool.windows.length > 0}
      fallback={<Notice tone="info">{t("shares.noReadings")}</Notice>}
    >
      <ul class="flex flex-col gap-1 text-sm text-muted">
        <For each={props.pool.windows}>
          {(window) => (
            <li>
              {t(window.resetsAt ? "shares.window" : "shares.windowUnused", {
                length: t(`shares.lengths.${window.length}`),
                used: part(window.usedPercent),
                free: part(window.freePercent),
                kept: part(window.keptPercent),
                at: window.resetsAt ? formatTime(window.resetsAt) : "",
              })}
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}

function ShareRow(props: { groupId: string | undefined; share: Pool["shares"][number] }) {
  const [open, setOpen] = createSignal<"weight" | "above">();
  const name = () => props.share.user?.name ?? t("shares.archived");
  const used = () => part(Math.max(props.share.fiveHoursUsedPercent, props.share.weekUsedPercent));
  return (
    <tr>
      <Cell class="font-medium wrap-anywhere">
        {name()}
        <span class="block text-sm font-normal text-muted">
          {t(`shares.states.${props.share.state}`)}
        </span>
      </Cell>
      <Cell number>{props.share.weight}</Cell>
      <Cell number>{part(props.share.sharePercent)}</Cell>
      <Cell number>{used()}</Cell>
      <Cell number class="max-sm:hidden">
        {part(props.share.weekKeptPercent)}
      </Cell>
      <May do="setShareWeight">
        <Cell class="text-right">
          <Show when={props.share.user}>
            {(user) => (
              <span class="inline-flex flex-wrap justify-end gap-1">
                <Button
                  size="small"
                  tone="quiet"
                  aria-label={t("shares.weightOf", { name: user().name })}
                  onClick={() => setOpen("weight")}
                >
                  {t("shares.weight")}
                </Button>
                <Button
                  size="small"
                  tone="quiet"
                  aria-label={t("shares.allowFor", { name: user().name })}
                  onClick={() => setOpen("above")}
                >
                  {t("shares.allow")}
                </Button>
                <WeightDialog
                  user={user()}
                  weight={props.share.weight}
                  open={open() === "weight"}
                  onClose={() => setOpen(undefined)}
                />
                <AllowAboveDialog
                  user={user()}
                  groupId={props.groupId}
                  open={open() === "above"}
                  onClose={() => setOpen(undefined)}
                />
              </span>
            )}
          </Show>
        </Cell>
      </May>
    </tr>
  );
}

function PoolShares(props: { groupId: string | undefined; pool: Pool }) {
  return (
    <section class="flex flex-col gap-3">
      <h3 class="font-semibold">{providerName(props.pool.provider)}</h3>
      <Windows pool={props.pool} />
      <Table
        label={t("shares.ofProvider", { provider: providerName(props.pool.provider) })}
        head={
          <>
            <Head>{t("shares.user")}</Head>
            <Head number>{t("shares.weight")}</Head>
            <Head number>{t("shares.share")}</Head>
            <Head number>{t("shares.used")}</Head>
            <Head number class="max-sm:hidden">
              {t("shares.kept")}
            </Head>
            <May do="setShareWeight">
              <Head />
            </May>
          </>
        }
      >
        <For each={props.pool.shares}>
          {(share) => <ShareRow groupId={props.groupId} share={share} />}
        </For>
      </Table>
    </section>
  );
}

function Overrides(props: { sharing: SharingStateFragment }) {
  return (
    <Show when={props.sharing.overrides.length > 0}>
      <ul class="flex flex-col gap-1 text-sm text-muted">
        <For each={props.sharing.overrides}>
          {(each) => (
            <li>
              {t("shares.override", {
                name: each.user?.name ?? t("shares.archived"),
                at: formatTime(each.until),
                reason: each.reason,
              })}
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}

/** How the windows of a group are shared; of the accounts that are in no group without an id. */
export function SharingPanel(props: { groupId?: string }) {
  const context = { additionalTypenames: ["AccountSharing"] };
  const [group, askGroup] = createQuery({
    query: GroupSharingQuery,
    variables: () => ({ id: props.groupId ?? "" }),
    pause: () => !props.groupId,
    context,
  });
  const [ungrouped, askUngrouped] = createQuery({
    query: UngroupedSharingQuery,
    pause: () => Boolean(props.groupId),
    context,
  });
  createEvery(() => {
    if (props.groupId) askGroup({ requestPolicy: "network-only" });
    else askUngrouped({ requestPolicy: "network-only" });
  });
  const sharing = () => {
    const found = props.groupId
      ? group.data?.accountGroup?.sharing
      : ungrouped.data?.ungroupedSharing;
    return found ? readFragment(SharingStateFragmentDoc, found) : undefined;
  };
  return (
    <Panel
      title={props.groupId ? t("shares.title") : t("shares.ungroupedTitle")}
      hint={t("shares.hint")}
    >
      <ErrorNotice error={group.error ?? ungrouped.error} />
      <Show when={sharing()} fallback={<Loading />}>
        {(known) => (
          <div class="flex flex-col gap-5">
            <May do="setShareMode" fallback={<p>{t(`shares.modes.${known().mode}`)}</p>}>
              <ModeSwitch groupId={props.groupId} sharing={known()} />
            </May>
            <Show when={known().mode !== "OFF"}>
              <Report sharing={known()} />
              <Overrides sharing={known()} />
              <For
                each={known().pools}
                fallback={
                  <EmptyState title={t("shares.noPools")}>{t("shares.noPoolsHint")}</EmptyState>
                }
              >
                {(pool) => <PoolShares groupId={props.groupId} pool={pool} />}
              </For>
            </Show>
          </div>
        )}
      </Show>
    </Panel>
  );
}
