import { createQuery } from "@urql/solid";
import { createSignal, Show } from "solid-js";
import { type FreshSecret, SecretDialog } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import { formatDay } from "../../lib/format";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Panel } from "../../ui/Panel";
import { SkeletonText } from "../../ui/Skeleton";
import { notify } from "../../ui/Toaster";
import { EnrolDialog } from "./EnrolDialog";
import { RenewDialog } from "./RenewDialog";
import { TurnOffDialog } from "./TurnOffDialog";
import { words } from "./words";

const SecondFactorQuery = graphql(`
  query SecondFactor {
    session {
      id
      admin {
        id
        secondFactorSince
        recoveryCodesLeft
      }
    }
  }
`);

/** Whether the administrator is asked for a code of their phone, and how that is changed. */
export function SecondFactorPanel() {
  const [query, ask] = createQuery({
    query: SecondFactorQuery,
    context: { additionalTypenames: ["Admin"] },
  });
  const [open, setOpen] = createSignal<"enrol" | "renew" | "off">();
  const [codes, setCodes] = createSignal<FreshSecret>();
  const close = () => setOpen(undefined);
  const admin = () => query.data?.session?.admin;

  function show(fresh: readonly string[]) {
    close();
    setCodes({ title: words().codesTitle, secret: fresh.join("\n") });
    ask({ requestPolicy: "network-only" });
  }

  return (
    <Panel title={words().title} hint={words().hint}>
      <ErrorNotice error={query.error} />
      <Show when={admin()} fallback={<Show when={query.fetching}>{<SkeletonText />}</Show>}>
        {(known) => (
          <Show
            when={known().secondFactorSince}
            fallback={
              <div class="flex flex-wrap items-center justify-between gap-3">
                <p class="text-muted">{words().off}</p>
                <Button tone="primary" onClick={() => setOpen("enrol")}>
                  {words().enrol}
                </Button>
              </div>
            }
          >
            {(since) => (
              <div class="flex flex-wrap items-center justify-between gap-3">
                <div class="min-w-0">
                  <p class="font-medium">
                    {words().on} {words().since} {formatDay(since())}.
                  </p>
                  <p class="text-sm text-muted">{words().left(known().recoveryCodesLeft)}</p>
                </div>
                <div class="flex flex-wrap gap-2">
                  <Button onClick={() => setOpen("renew")}>{words().renew}</Button>
                  <Button tone="quiet" onClick={() => setOpen("off")}>
                    {words().turnOff}
                  </Button>
                </div>
              </div>
            )}
          </Show>
        )}
      </Show>
      <EnrolDialog
        open={open() === "enrol"}
        onClose={close}
        onConfirmed={(fresh) => {
          notify({ tone: "ok", text: words().onToast });
          show(fresh);
        }}
      />
      <RenewDialog open={open() === "renew"} onClose={close} onRenewed={show} />
      <TurnOffDialog open={open() === "off"} onClose={close} />
      <SecretDialog fresh={codes()} onDone={() => setCodes(undefined)}>
        {() => <p class="text-muted">{words().codesHint}</p>}
      </SecretDialog>
    </Panel>
  );
}
