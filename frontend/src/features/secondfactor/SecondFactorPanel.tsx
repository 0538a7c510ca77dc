import { createQuery } from "@urql/solid";
import { createSignal, Show } from "solid-js";
import { type FreshSecret, SecretDialog } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { formatDay } from "../../lib/format";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Panel } from "../../ui/Panel";
import { SkeletonText } from "../../ui/Skeleton";
import { notify } from "../../ui/Toaster";
import { EnrolDialog } from "./EnrolDialog";
import { RenewDialog } from "./RenewDialog";
import { TurnOffDialog } from "./TurnOffDialog";

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

/** The status of the second factor with its actions. */
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
    setCodes({ title: t("twoFactor.codesTitle"), secret: fresh.join("\n") });
    ask({ requestPolicy: "network-only" });
  }

  return (
    <Panel title={t("twoFactor.title")} hint={t("twoFactor.hint")}>
      <ErrorNotice error={query.error} />
      <Show when={admin()} fallback={<Show when={query.fetching}>{<SkeletonText />}</Show>}>
        {(known) => (
          <Show
            when={known().secondFactorSince}
            fallback={
              <div class="flex flex-wrap items-center justify-between gap-3">
                <p class="text-muted">{t("twoFactor.off")}</p>
                <Button tone="primary" onClick={() => setOpen("enrol")}>
                  {t("twoFactor.enrol")}
                </Button>
              </div>
            }
          >
            {(since) => (
              <div class="flex flex-wrap items-center justify-between gap-3">
                <div class="min-w-0">
                  <p class="font-medium">
                    {t("twoFactor.on")} {t("twoFactor.since")} {formatDay(since())}.
                  </p>
                  <p class="text-sm text-muted">
                    {t("twoFactor.left", { count: known().recoveryCodesLeft })}
                  </p>
                </div>
                <div class="flex flex-wrap gap-2">
                  <Button onClick={() => setOpen("renew")}>{t("twoFactor.renew")}</Button>
                  <Button tone="quiet" onClick={() => setOpen("off")}>
                    {t("twoFactor.turnOff")}
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
          notify({ tone: "ok", text: t("twoFactor.onToast") });
          show(fresh);
        }}
      />
      <RenewDialog open={open() === "renew"} onClose={close} onRenewed={show} />
      <TurnOffDialog open={open() === "off"} onClose={close} />
      <SecretDialog fresh={codes()} onDone={() => setCodes(undefined)}>
        {() => <p class="text-muted">{t("twoFactor.codesHint")}</p>}
      </SecretDialog>
    </Panel>
  );
}
