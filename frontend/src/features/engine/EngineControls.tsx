import { createSignal, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { notify } from "../../ui/Toaster";

const EngineControlsFragment = graphql(`
  fragment EngineControls on Engine {
    mode
    state
  }
`);

const StartEngineMutation = graphql(`
  mutation StartEngine {
    startEngine {
      engine {
        ...EngineControls
      }
    }
  }
`);

const StopEngineMutation = graphql(`
  mutation StopEngine {
    stopEngine {
      engine {
        ...EngineControls
      }
    }
  }
`);

const RestartEngineMutation = graphql(`
  mutation RestartEngine {
    restartEngine {
      engine {
        ...EngineControls
      }
    }
  }
`);

type ControlsProps = { engine: FragmentType<typeof EngineControlsFragment> };

function Controls(props: ControlsProps) {
  const engine = () => readFragment(EngineControlsFragment, props.engine);
  const [starting, start] = createMutation(StartEngineMutation);
  const [stopping, stop] = createMutation(StopEngineMutation);
  const [restarting, restart] = createMutation(RestartEngineMutation);
  const [isStopping, setStopping] = createSignal(false);
  const isDown = () => engine().state === "STOPPED" || engine().state === "FAILED";
  const tell = async (asked: Promise<{ error?: unknown }>, text: string) => {
    if (!(await asked).error) notify({ tone: "ok", text });
  };
  const confirmStop = async () => {
    const result = await stop({});
    if (result.error) return;
    setStopping(false);
    notify({ tone: "ok", text: t("engine.stopped") });
  };

  return (
    <>
      <div class="flex flex-wrap gap-2">
        <Show
          when={isDown()}
          fallback={
            <>
              <Button
                pending={restarting.fetching}
                onClick={() => void tell(restart({}), t("engine.restarted"))}
              >
                {t("engine.restart")}
              </Button>
              <Button onClick={() => setStopping(true)}>{t("engine.stop")}</Button>
            </>
          }
        >
          <Button
            tone="primary"
            pending={starting.fetching}
            onClick={() => void tell(start({}), t("engine.startedToast"))}
          >
            {t("engine.start")}
          </Button>
        </Show>
      </div>
      <ErrorNotice error={starting.error ?? restarting.error} />
      <ConfirmDialog
        open={isStopping()}
        title={t("engine.stopTitle")}
        confirmLabel={t("engine.stopLabel")}
        pending={stopping.fetching}
        error={stopping.error}
        onConfirm={() => void confirmStop()}
        onClose={() => setStopping(false)}
      >
        {t("engine.stopHint")}
      </ConfirmDialog>
    </>
  );
}

/** Starts, stops and restarts the engine, where this server may do so. */
export function EngineControls(props: ControlsProps) {
  const engine = () => readFragment(EngineControlsFragment, props.engine);
  return (
    <May do="restartEngine">
      <Show
        when={engine().mode === "MANAGED"}
        fallback={<p class="text-muted">{t("engine.notManaged")}</p>}
      >
        <Controls engine={props.engine} />
      </Show>
    </May>
  );
}
