import { type JSX, Match, Show, Switch } from "solid-js";
import type { ProviderKind } from "../../../graphql/generated/graphql";
import { t, tIfKnown } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog, DialogActions } from "../../../ui/Dialog";
import { ErrorNotice } from "../../../ui/ErrorNotice";
import { Loading } from "../../../ui/Loading";
import { Notice } from "../../../ui/Notice";
import { providerName } from "../../../ui/providers";
import { createProviderLogin, isOver, type ProviderLogin } from "./createProviderLogin";
import { DeviceSteps, PasteSteps, RedirectSteps, TimeLeft, Waiting } from "./SignInSteps";

type SignInDialogProps = {
  /** Which sign-in. */
  id: string;
  onSucceeded: () => void;
  onAgain: (kind: ProviderKind) => void;
  onClose: () => void;
};

/** A button that takes the keyboard when it appears in place of what had it. */
function NextButton(props: { onClick: () => void; children: JSX.Element }) {
  return (
    <Button
      tone="primary"
      ref={(button) => queueMicrotask(() => button.focus())}
      onClick={() => props.onClick()}
    >
      {props.children}
    </Button>
  );
}

function Ended(props: SignInDialogProps & { login: ProviderLogin; name: string }) {
  const account = () => props.login.account?.label;
  return (
    <div class="flex flex-col gap-4">
      <Show
        when={props.login.status === "SUCCEEDED"}
        fallback={
          <Notice tone={props.login.status === "CANCELLED" ? "info" : "bad"}>
            {props.login.error ?? tIfKnown(`signIn.ends.${props.login.status}`)}
          </Notice>
        }
      >
        <Notice tone="ok">
          <Show when={account()} fallback={t("signIn.appearsSoon")}>
            {(label) => (
              <>
                {t("signIn.signedInAs")} <strong class="font-semibold">{label()}</strong>.{" "}
                {t("signIn.serves")}
              </>
            )}
          </Show>
        </Notice>
      </Show>
      <DialogActions>
        <Show
          when={props.login.status === "SUCCEEDED"}
          fallback={
            <>
              <Button onClick={() => props.onClose()}>{t("common.close")}</Button>
              <NextButton onClick={() => props.onAgain(props.login.kind)}>
                {t("signIn.again")}
              </NextButton>
            </>
          }
        >
          <NextButton onClick={() => props.onClose()}>{t("common.done")}</NextButton>
        </Show>
      </DialogActions>
    </div>
  );
}

/** Leads through one sign-in at a provider. Closing it leaves the sign-in waiting. */
export function SignInDialog(props: SignInDialogProps) {
  // The page shows a dialog of its own for each sign-in, so the id does not change here.
  // eslint-disable-next-line solid/reactivity
  const { login, isMissing, isBusy, error, complete, cancel } = createProviderLogin(props.id, () =>
    props.onSucceeded(),
  );
  const name = () => {
    const known = login();
    return known ? providerName(known.kind) : t("signIn.provider");
  };

  return (
    <Dialog open title={t("signIn.title", { name: name() })} onClose={() => props.onClose()}>
      <Switch
        fallback={
          <Show when={!error()} fallback={<ErrorNotice error={error()} />}>
            {<Loading />}
          </Show>
        }
      >
        <Match when={isMissing()}>
          <Notice tone="warn">{t("signIn.missing")}</Notice>
        </Match>
        <Match when={login()}>
          {(known) => (
            <Show
              when={!isOver(known())}
              fallback={<Ended {...props} login={known()} name={name()} />}
            >
              <div class="flex flex-col gap-5">
                <Switch>
                  <Match when={known().status === "COMPLETING"}>
                    <Waiting>{t("signIn.asking", { name: name() })}</Waiting>
                  </Match>
                  <Match when={known().mode === "PASTE"}>
                    <PasteSteps
                      login={known()}
                      name={name()}
                      isBusy={isBusy()}
                      onPaste={(text) => void complete(text)}
                    />
                  </Match>
                  <Match when={known().mode === "DEVICE"}>
                    <DeviceSteps login={known()} name={name()} />
                  </Match>
                  <Match when={known().mode === "REDIRECT"}>
                    <RedirectSteps login={known()} name={name()} />
                  </Match>
                </Switch>
                <ErrorNotice error={error()} />
                <div class="flex flex-wrap items-center justify-between gap-2">
                  <TimeLeft until={known().expiresAt} />
                  <Button tone="quiet" disabled={isBusy()} onClick={() => void cancel()}>
                    {t("signIn.callOff")}
                  </Button>
                </div>
              </div>
            </Show>
          )}
        </Match>
      </Switch>
    </Dialog>
  );
}
