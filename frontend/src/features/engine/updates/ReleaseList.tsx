import { createSignal, For, Show } from "solid-js";
import { createMutation } from "../../../graphql/createMutation";
import { graphql } from "../../../graphql/generated";
import { May } from "../../../graphql/may";
import { t } from "../../../i18n";
import { formatBytes, formatDay } from "../../../lib/format";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { ConfirmDialog } from "../../../ui/ConfirmDialog";
import { EmptyState } from "../../../ui/EmptyState";
import { Notice } from "../../../ui/Notice";
import { Panel } from "../../../ui/Panel";
import { notify } from "../../../ui/Toaster";
import type { Release } from "./createUpdates";

const UpdateEngineMutation = graphql(`
  mutation UpdateEngine($version: String!) {
    updateEngine(version: $version) {
      updates {
        progress {
          phase
        }
      }
    }
  }
`);

function Marks(props: { release: Release }) {
  return (
    <>
      <Show when={props.release.isRunning}>
        <Badge tone="ok">{t("engine.updates.badges.running")}</Badge>
      </Show>
      <Show
        when={props.release.isTested}
        fallback={<Badge tone="plain">{t("engine.updates.badges.untested")}</Badge>}
      >
        <Badge tone="info">{t("engine.updates.badges.tested")}</Badge>
      </Show>
      <Show when={props.release.isPrerelease}>
        <Badge tone="warn">{t("engine.updates.badges.prerelease")}</Badge>
      </Show>
    </>
  );
}

function ReleaseItem(props: { release: Release; busy: boolean; onUpdate: () => void }) {
  const facts = () =>
    [
      props.release.publishedAt && formatDay(props.release.publishedAt),
      props.release.sizeBytes && formatBytes(props.release.sizeBytes),
    ]
      .filter(Boolean)
      .join(" · ");
  return (
    <li class="flex flex-col gap-2 px-4 py-3 sm:px-5">
      <div class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div class="flex min-w-0 flex-wrap items-center gap-2">
          <h3 class="font-mono font-medium break-all">{props.release.version}</h3>
          <Marks release={props.release} />
          <span class="text-sm text-muted">{facts()}</span>
        </div>
        <Show
          when={props.release.canInstall}
          fallback={<p class="text-sm text-muted">{t("engine.updates.cannot")}</p>}
        >
          <Show when={!props.release.isRunning}>
            <May do="updateEngine">
              <Button
                size="small"
                disabled={props.busy}
                aria-label={t("engine.updates.updateTo", { version: props.release.version })}
                onClick={() => props.onUpdate()}
              >
                {t("engine.updates.update")}
              </Button>
            </May>
          </Show>
        </Show>
      </div>
      <details>
        <summary class="w-fit cursor-pointer text-sm text-muted hover:text-ink">
          {t("engine.updates.notes")}
        </summary>
        <p class="mt-2 max-h-80 overflow-y-auto text-sm break-words whitespace-pre-wrap">
          {props.release.notes || t("engine.updates.noNotes")}
        </p>
      </details>
    </li>
  );
}

function UpdateDialog(props: { release: Release | undefined; onClose: () => void }) {
  const [updating, update] = createMutation(UpdateEngineMutation);
  async function go() {
    const version = props.release?.version;
    if (!version) return;
    const result = await update({ version });
    if (result.error) return;
    props.onClose();
    notify({ tone: "ok", text: t("engine.updates.started", { version }) });
  }
  return (
    <ConfirmDialog
      open={props.release !== undefined}
      title={t("engine.updates.confirmTitle", { version: props.release?.version ?? "" })}
      confirmLabel={t("engine.updates.confirm")}
      pending={updating.fetching}
      error={updating.error}
      onConfirm={() => void go()}
      onClose={() => props.onClose()}
    >
      <p>{t("engine.updates.confirmHint")}</p>
      <Show when={props.release && !props.release?.isTested}>
        <div class="mt-3">
          <Notice tone="warn">{t("engine.updates.untestedHint")}</Notice>
        </div>
      </Show>
    </ConfirmDialog>
  );
}

/** The releases of the feed, each with its notes and the button that installs it. */
export function ReleaseList(props: { releases: readonly Release[]; busy: boolean }) {
  const [chosen, setChosen] = createSignal<Release>();
  return (
    <Panel title={t("engine.updates.releases")} hint={t("engine.updates.releasesHint")} flush>
      <ul class="divide-y divide-line">
        <For
          each={props.releases}
          fallback={
            <EmptyState title={t("engine.updates.none")}>{t("engine.updates.noneHint")}</EmptyState>
          }
        >
          {(release) => (
            <ReleaseItem release={release} busy={props.busy} onUpdate={() => setChosen(release)} />
          )}
        </For>
      </ul>
      <May do="updateEngine">
        <UpdateDialog release={chosen()} onClose={() => setChosen(undefined)} />
      </May>
    </Panel>
  );
}
