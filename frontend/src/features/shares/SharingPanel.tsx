import { A } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import Ellipsis from "lucide-solid/icons/ellipsis";
import { createSignal, For, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql, readFragment } from "../../graphql/generated";
import type { SharingStateFragment } from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { createEvery } from "../../lib/createEvery";
import { formatMinute, formatNumber, formatShare } from "../../lib/format";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Fact } from "../../ui/Facts";
import { SelectField } from "../../ui/Field";
import { Loading } from "../../ui/Loading";
import { Menu, MenuItem } from "../../ui/Menu";
import { Notice } from "../../ui/Notice";
import { Panel } from "../../ui/Panel";
import { providerName } from "../../ui/providers";
import { Resets } from "../../ui/Resets";
import { type BarPart, SplitBar } from "../../ui/SplitBar";
import { Cell, Head, Table } from "../../ui/Table";
import { notify } from "../../ui/Toaster";
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

/** A smaller part of a window is not drawn. */
const NOTABLE_PERCENT = 0.5;

const part = (percent: number) => formatShare(percent / 100);

/** The mode, with a confirmation before requests are refused. */
function ModeSwitch(props: { groupId: string | undefined; sharing: SharingStateFragment }) {
  const [change, set] = createMutation(SetShareModeMutation);
  const [confirming, setConfirming] = createSignal(false);
  let field: HTMLSelectElement | undefined;
  const showPresent = () => {
    if (field) field.value = props.sharing.mode;
  };
  const isObserved = () => {
    const from = props.sharing.enforceableFrom;
    return Boolean(from) && new Date(from ?? "") <= new Date();
  };

  async function choose(mode: Mode) {
    const accountGroupId = props.groupId ?? null;
    const { error } = await set({ accountGroupId, mode, confirm: true }, CHANGES_SHARES);
    if (error) return showPresent();
    setConfirming(false);
    notify({ tone: "ok", text: t("shares.modeSaved", { mode: t(`shares.modes.${mode}`) }) });
  }

  return (
    <div class="flex max-w-prose flex-col gap-3">
      <SelectField
        label={t("shares.mode")}
        value={props.sharing.mode}
        options={MODES.map((value) => ({ value, label: t(`shares.modes.${value}`) }))}
        hint={t(`shares.modeHints.${props.sharing.mode}`)}
        ref={field}
        onChange={(event) => {
          const mode = MODES.find((each) => each === event.currentTarget.value) ?? "OFF";
          if (mode === "ENFORCE") setConfirming(true);
          else void choose(mode);
        }}
      />
      <Show when={!confirming()}>
        <ErrorNotice error={change.error} />
      </Show>
      <ConfirmDialog
        open={confirming()}
        title={t("shares.enforceTitle")}
        confirmLabel={t("shares.enforce")}
        pending={change.fetching}
        error={change.error}
        onConfirm={() => void choose("ENFORCE")}
        onClose={() => {
          setConfirming(false);
          showPresent();
        }}
      >
        {isObserved() ? t("shares.enforceHint") : t("shares.enforceEarly")}
      </ConfirmDialog>
    </div>
  );
}

/** The mode, for those who cannot change it. */
function PresentMode(props: { mode: Mode }) {
  return (
    <dl>
      <Fact name={t("shares.mode")}>
        {t(`shares.modes.${props.mode}`)}
        <span class="block text-sm font-normal text-muted">
          {t(`shares.modeHints.${props.mode}`)}
        </span>
      </Fact>
    </dl>
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

/** The used part, the part kept for users below their shares, and the part that is free to borrow. */
function partsOf(window: Pool["windows"][number]): BarPart[] {
  const rest = 100 - window.usedPercent - window.keptPercent - window.freePercent;
  const bar = (label: string, percent: number, colour: string) => ({
    label,
    value: Math.max(0, percent),
    valueText: part(percent),
    colour,
  });
  const parts = [
    bar(t("shares.parts.used"), window.usedPercent, "--series-1"),
    bar(t("shares.parts.kept"), window.keptPercent, "--series-2"),
    bar(t("shares.parts.free"), window.freePercent, "--series-6"),
  ];
  return rest < NOTABLE_PERCENT
    ? parts
    : [...parts, bar(t("shares.parts.rest"), rest, "--series-other")];
}

function Windows(props: { pool: Pool }) {
  return (
    <Show
      when={props.pool.windows.length > 0}
      fallback={<Notice tone="info">{t("shares.noReadings")}</Notice>}
    >
      <ul class="grid gap-x-8 gap-y-4 sm:grid-cols-2">
        <For each={props.pool.windows}>
          {(window) => (
            <li>
              <p class="mb-2 flex flex-wrap justify-between gap-x-4 text-sm">
                <span class="font-medium">{t(`shares.lengths.${window.length}`)}</span>
                <span class="text-muted">
                  <Resets at={window.resetsAt} />
                </span>
              </p>
              <SplitBar label={t(`shares.lengths.${window.length}`)} parts={partsOf(window)} />
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}

/** The changes to a user's share. */
function ShareActions(props: {
  groupId: string | undefined;
  weight: number;
  user: { id: string; name: string };
}) {
  const [open, setOpen] = createSignal<"weight" | "above">();
  const close = () => setOpen(undefined);
  return (
    <>
      <Menu
        label={t("common.actionsFor", { name: props.user.name })}
        trigger={<Ellipsis class="size-4" aria-hidden="true" />}
        triggerClass="inline-flex size-8 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink"
      >
        <MenuItem onSelect={() => setOpen("weight")}>{t("shares.weightMore")}</MenuItem>
        <MenuItem onSelect={() => setOpen("above")}>{t("shares.allowMore")}</MenuItem>
      </Menu>
      <WeightDialog
        user={props.user}
        weight={props.weight}
        open={open() === "weight"}
        onClose={close}
      />
      <AllowAboveDialog
        user={props.user}
        groupId={props.groupId}
        open={open() === "above"}
        onClose={close}
      />
    </>
  );
}

function ShareRow(props: { groupId: string | undefined; share: Pool["shares"][number] }) {
  return (
    <tr>
      <Cell class="wrap-anywhere">
        <Show
          when={props.share.user}
          fallback={<span class="text-muted">{t("shares.archived")}</span>}
        >
          {(user) => (
            <A href={`/users/${user().id}`} class="font-medium underline-offset-4 hover:underline">
              {user().name}
            </A>
          )}
        </Show>
        <span class="block text-sm text-muted">{t(`shares.states.${props.share.state}`)}</span>
        <span class="block text-sm text-muted sm:hidden">
          {t("shares.phoneLine", {
            share: part(props.share.sharePercent),
            fiveHours: part(props.share.fiveHoursUsedPercent),
            week: part(props.share.weekUsedPercent),
          })}
        </span>
      </Cell>
      <Cell number class="max-sm:hidden">
        {formatNumber(props.share.weight)}
      </Cell>
      <Cell number class="max-sm:hidden">
        {part(props.share.sharePercent)}
      </Cell>
      <Cell number class="max-sm:hidden">
        {part(props.share.fiveHoursUsedPercent)}
      </Cell>
      <Cell number class="max-sm:hidden">
        {part(props.share.weekUsedPercent)}
      </Cell>
      <Cell number class="max-sm:hidden">
        {part(props.share.weekKeptPercent)}
      </Cell>
      <May do="setShareWeight">
        <Cell class="w-px text-right">
          <Show when={props.share.user}>
            {(user) => (
              <ShareActions groupId={props.groupId} weight={props.share.weight} user={user()} />
            )}
          </Show>
        </Cell>
      </May>
    </tr>
  );
}

function PoolShares(props: { groupId: string | undefined; pool: Pool }) {
  return (
    <section class="flex flex-col gap-4 border-t border-line pt-5 last:-mb-4 sm:last:-mb-5">
      <h3 class="font-semibold">{providerName(props.pool.provider)}</h3>
      <Windows pool={props.pool} />
      <div class="-mx-4 border-t border-line sm:-mx-5">
        <Table
          label={t("shares.ofProvider", { provider: providerName(props.pool.provider) })}
          head={
            <>
              <Head>{t("common.user")}</Head>
              <Head number class="max-sm:hidden">
                {t("shares.weight")}
              </Head>
              <Head number class="max-sm:hidden">
                {t("shares.share")}
              </Head>
              <Head number class="max-sm:hidden">
                {t("shares.usedHeads.FIVE_HOURS")}
              </Head>
              <Head number class="max-sm:hidden">
                {t("shares.usedHeads.WEEK")}
              </Head>
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
      </div>
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
                at: formatMinute(each.until),
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
  const error = () => group.error ?? ungrouped.error;
  return (
    <Panel
      title={props.groupId ? t("shares.title") : t("shares.ungroupedTitle")}
      hint={t("shares.hint")}
    >
      <ErrorNotice error={error()} />
      <Show when={sharing()} fallback={<Show when={!error()}>{<Loading />}</Show>}>
        {(known) => (
          <div class="flex flex-col gap-5">
            <May do="setShareMode" fallback={<PresentMode mode={known().mode} />}>
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
