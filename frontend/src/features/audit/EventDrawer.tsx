import { For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { AuditEventDetailFragment } from "../../graphql/generated/graphql";
import { t, tIfKnown } from "../../i18n";
import { formatMoment } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Drawer } from "../../ui/Drawer";
import { Fact } from "../../ui/Facts";
import { Loading } from "../../ui/Loading";
import { Unknown } from "../../ui/Unknown";
import { changesOf } from "./changes";

const AuditEventDetailFragmentDoc = graphql(`
  fragment AuditEventDetail on AuditEvent {
    sequence
    at
    action
    address
    errorCode
    before
    after
    hash
    previousHash
    actor {
      id
      kind
      name
    }
    subject {
      id
      kind
      name
    }
  }
`);

/** The translated name of an action; the name of the mutation if there is no translation. */
export function actionName(action: string): string {
  return tIfKnown(`audit.actions.${action}`) ?? action;
}

/** The translated name of the kind of an event's subject; the kind itself if there is no translation. */
export function subjectName(kind: string): string {
  return tIfKnown(`audit.subjects.${kind}`) ?? kind;
}

/** Why it failed. */
export function codeName(code: string): string {
  return tIfKnown(`errors.names.${code}`) ?? code;
}

function Side(props: { name: string; value: string | undefined; isOld?: boolean }) {
  return (
    <p class="flex gap-2">
      <span class="w-12 shrink-0 text-xs text-muted">{props.name}</span>
      <Show when={props.value !== undefined} fallback={<Unknown />}>
        <span
          class={`min-w-0 font-mono text-xs break-all ${props.isOld ? "text-muted line-through decoration-line-strong" : "font-medium"}`}
        >
          {props.value}
        </span>
      </Show>
    </p>
  );
}

function Changes(props: { event: AuditEventDetailFragment }) {
  const changes = () => changesOf(props.event.before, props.event.after);
  return (
    <section>
      <h3 class="mb-2 font-semibold">
        {props.event.errorCode ? t("audit.requested") : t("audit.changes")}
      </h3>
      <ul class="divide-y divide-line rounded-lg border border-line">
        <For
          each={changes()}
          fallback={<li class="px-3 py-2 text-muted">{t("audit.noChanges")}</li>}
        >
          {(change) => (
            <li class="flex flex-col gap-1 px-3 py-2">
              <p class="text-sm font-medium">{change.field}</p>
              <Show when={change.before !== undefined}>
                <Side isOld name={t("audit.before")} value={change.before} />
              </Show>
              <Side name={t("audit.after")} value={change.after} />
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}

function Mono(props: { children: string | null | undefined }) {
  return (
    <Show when={props.children} fallback={<Unknown />}>
      <span class="font-mono text-xs break-all">{props.children}</span>
    </Show>
  );
}

function Detail(props: { event: AuditEventDetailFragment }) {
  return (
    <div class="flex flex-col gap-5">
      <div class="flex flex-wrap items-center gap-2">
        <span class="font-semibold">{actionName(props.event.action)}</span>
        <span class="font-mono text-xs text-muted">{props.event.action}</span>
        <Show when={props.event.errorCode} fallback={<Badge tone="ok">{t("audit.done")}</Badge>}>
          {(code) => (
            <>
              <Badge tone="warn">{t("audit.failed")}</Badge>
              <Badge tone="plain">{codeName(code())}</Badge>
            </>
          )}
        </Show>
      </div>
      <dl class="grid grid-cols-2 gap-4">
        <Fact name={t("common.time")}>
          {props.event.at ? formatMoment(props.event.at) : <Unknown />}
        </Fact>
        <Fact name={t("audit.who")}>
          {props.event.actor.name ?? t("common.unknown")}
          <span class="block text-sm font-normal text-muted">
            {t(`audit.actors.${props.event.actor.kind}`)}
          </span>
        </Fact>
        <Fact name={t("audit.about")}>
          <Show when={props.event.subject} fallback={<Unknown />}>
            {(subject) => (
              <>
                {subject().name ?? subjectName(subject().kind)}
                <span class="block text-sm font-normal text-muted">
                  {subjectName(subject().kind)}
                </span>
              </>
            )}
          </Show>
        </Fact>
        <Fact name={t("common.ipAddress")}>
          <Mono>{props.event.address}</Mono>
        </Fact>
        <Show when={props.event.subject?.id}>
          <Fact wide name={t("audit.id")}>
            <Mono>{props.event.subject?.id}</Mono>
          </Fact>
        </Show>
      </dl>
      <Changes event={props.event} />
      <dl class="flex flex-col gap-3">
        <Fact name={t("audit.hash")}>
          <Mono>{props.event.hash}</Mono>
        </Fact>
        <Fact name={t("audit.previousHash")}>
          <Mono>{props.event.previousHash}</Mono>
        </Fact>
      </dl>
    </div>
  );
}

/** All details of one event, next to the list. */
export function EventDrawer(props: {
  open: boolean;
  event: FragmentType<typeof AuditEventDetailFragmentDoc> | undefined;
  isLooking: boolean;
  onClose: () => void;
}) {
  const event = () =>
    props.event ? readFragment(AuditEventDetailFragmentDoc, props.event) : undefined;
  return (
    <Drawer
      open={props.open}
      title={event() ? t("audit.event", { sequence: event()?.sequence ?? 0 }) : t("audit.title")}
      closeLabel={t("audit.closeEvent")}
      onClose={() => props.onClose()}
    >
      <Show
        when={event()}
        fallback={
          <Show when={props.isLooking} fallback={<p class="text-muted">{t("audit.missing")}</p>}>
            <Loading />
          </Show>
        }
      >
        {(known) => <Detail event={known()} />}
      </Show>
    </Drawer>
  );
}
