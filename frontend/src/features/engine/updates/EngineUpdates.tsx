import type { CombinedError } from "@urql/core";
import { createSignal, Show } from "solid-js";
import { createMutation } from "../../../graphql/createMutation";
import { graphql } from "../../../graphql/generated";
import { May } from "../../../graphql/may";
import { t } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ConfirmDialog } from "../../../ui/ConfirmDialog";
import { ErrorNotice } from "../../../ui/ErrorNotice";
import { Fact, Facts } from "../../../ui/Facts";
import { Ago } from "../../../ui/Moment";
import { Panel } from "../../../ui/Panel";
import { SkeletonText } from "../../../ui/Skeleton";
import { notify } from "../../../ui/Toaster";
import { Unknown } from "../../../ui/Unknown";
import { createUpdates, type Updates } from "./createUpdates";
import { LastOutcome } from "./LastOutcome";
import { ReleaseList } from "./ReleaseList";
import { UpdateProgress } from "./UpdateProgress";

const CheckEngineReleasesMutation = graphql(`
  mutation CheckEngineReleases {
    checkEngineReleases {
      updates {
        checkedAt
      }
    }
  }
`);

const RollBackEngineMutation = graphql(`
  mutation RollBackEngine {
    rollBackEngine {
      updates {
        progress {
          phase
        }
      }
    }
  }
`);

function Versions(props: { updates: Updates; running: string | null }) {
  const previous = () =>
    props.updates.previousVersion ??
    (props.updates.canRollBack
      ? t("engine.updates.unknownPrevious")
      : t("engine.updates.noPrevious"));
  return (
    <Facts>
      <Fact name={t("engine.updates.running")}>{props.running ?? <Unknown />}</Fact>
      <Fact name={t("engine.updates.tested")}>{props.updates.testedVersion}</Fact>
      <Fact name={t("engine.updates.installed")}>
        <Show when={props.updates.installedVersion} fallback={t("engine.updates.machine")}>
          {(version) => (
            <>
              {version()}{" "}
              <span class="font-normal text-muted">
                <Ago at={props.updates.installedAt} />
              </span>
            </>
          )}
        </Show>
      </Fact>
      <Fact name={t("engine.updates.previous")}>{previous()}</Fact>
      <Fact name={t("engine.updates.checked")}>
        <Ago at={props.updates.checkedAt} never={t("engine.updates.notChecked")} />
      </Fact>
      <Fact name={t("engine.updates.feed")} wide>
        <span class="font-mono text-xs font-normal break-all">{props.updates.feed}</span>
      </Fact>
    </Facts>
  );
}

function RollBackButton(props: { disabled: boolean }) {
  const [isOpen, setOpen] = createSignal(false);
  const [rolling, rollBack] = createMutation(RollBackEngineMutation);
  async function go() {
    const result = await rollBack({});
    if (result.error) return;
    setOpen(false);
    notify({ tone: "ok", text: t("engine.updates.rollBackStarted") });
  }
  return (
    <>
      <Button disabled={props.disabled} onClick={() => setOpen(true)}>
        {t("engine.updates.rollBack")}
      </Button>
      <ConfirmDialog
        open={isOpen()}
        title={t("engine.updates.rollBackTitle")}
        confirmLabel={t("engine.updates.rollBackLabel")}
        pending={rolling.fetching}
        error={rolling.error}
        onConfirm={() => void go()}
        onClose={() => setOpen(false)}
      >
        {t("engine.updates.rollBackHint")}
      </ConfirmDialog>
    </>
  );
}

function CheckButton(props: {
  onChecked: () => void;
  onError: (error: CombinedError | undefined) => void;
}) {
  const [checking, check] = createMutation(CheckEngineReleasesMutation);
  async function go() {
    const { error } = await check({});
    props.onError(error);
    if (!error) props.onChecked();
  }
  return (
    <Button tone="primary" pending={checking.fetching} onClick={() => void go()}>
      {t("engine.updates.check")}
    </Button>
  );
}

/** The versions of the engine, and the releases to which it can be updated. */
export function EngineUpdates() {
  const { updates, engine, progress, reload, error } = createUpdates();
  const [problem, setProblem] = createSignal<CombinedError>();
  const isBusy = () => (progress()?.phase ?? "IDLE") !== "IDLE";
  const isManaged = () => engine()?.mode !== "EXTERNAL";
  return (
    <>
      <Panel
        title={t("engine.updates.versions")}
        hint={t("engine.updates.versionsHint")}
        actions={
          <>
            <May do="checkEngineReleases">
              <CheckButton onChecked={reload} onError={setProblem} />
            </May>
            <May do="rollBackEngine">
              <RollBackButton disabled={isBusy() || !updates()?.canRollBack} />
            </May>
          </>
        }
      >
        <div class="flex flex-col gap-5">
          <ErrorNotice error={error() ?? problem()} />
          <Show
            when={updates()}
            fallback={
              <Show when={!error()}>
                <SkeletonText />
              </Show>
            }
          >
            {(known) => (
              <>
                <Versions updates={known()} running={engine()?.version ?? null} />
                {/* One after the other, never both. */}
                <div>
                  <UpdateProgress progress={progress()} />
                  <Show when={!isBusy() && known().last}>
                    {(outcome) => <LastOutcome outcome={outcome()} />}
                  </Show>
                </div>
              </>
            )}
          </Show>
        </div>
      </Panel>
      <Show
        when={isManaged()}
        fallback={<p class="text-muted">{t("engine.updates.notManaged")}</p>}
      >
        <Show when={updates()}>
          {(known) => <ReleaseList releases={known().releases} busy={isBusy()} />}
        </Show>
      </Show>
    </>
  );
}
