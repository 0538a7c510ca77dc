import Ellipsis from "lucide-solid/icons/ellipsis";
import { createSignal, Show } from "solid-js";
import { GroupsOfAccountDialog } from "../../accountGroups/GroupsOfAccountDialog";
import { createMutation } from "../../graphql/createMutation";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { Menu, MenuItem, MenuLine } from "../../ui/Menu";
import { notify, notifyError } from "../../ui/Toaster";
import { createHealthCheck } from "./createHealthCheck";
import { EditAccountDialog } from "./EditAccountDialog";
import { RemoveAccountDialog } from "./RemoveAccountDialog";
import { ReplaceKeyDialog } from "./ReplaceKeyDialog";
import { TestAccountDialog } from "./TestAccountDialog";
import { UseLimitsDialog } from "./UseLimitsDialog";
import { WindowOpeningsDialog } from "./WindowOpeningsDialog";

const AccountActionsFragment = graphql(`
  fragment AccountActions on ProviderAccount {
    id
    kind
    label
    credential
    enabled
    status
    models {
      name
      alias
    }
    maxConcurrentRequests
    windows {
      name
      usedPercent
      stopAtPercent
    }
  }
`);

const ResetProviderCooldownMutation = graphql(`
  mutation ResetProviderCooldown($id: ID!) {
    resetProviderCooldown(id: $id) {
      account {
        id
        status
        coolingUntil
      }
    }
  }
`);

const TRIGGER =
  "inline-flex size-8 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink";

/** The actions on an account, except switching it on and off. */
export function AccountActions(props: {
  account: FragmentType<typeof AccountActionsFragment>;
  onSignIn: () => void;
}) {
  const account = () => readFragment(AccountActionsFragment, props.account);
  const [open, setOpen] = createSignal<
    "edit" | "groups" | "key" | "limits" | "openings" | "remove" | "test"
  >();
  const close = () => setOpen(undefined);
  const [, reset] = createMutation(ResetProviderCooldownMutation);
  const check = createHealthCheck();

  async function resetCooldown() {
    const { label, id } = account();
    const { error } = await reset({ id });
    if (error) notifyError(error);
    else notify({ tone: "ok", text: t("providers.cooldownReset", { label }) });
  }

  return (
    <>
      <Menu
        label={t("common.actionsFor", { name: account().label })}
        trigger={<Ellipsis class="size-4" aria-hidden="true" />}
        triggerClass={TRIGGER}
      >
        <MenuItem onSelect={() => setOpen("edit")}>{t("common.editMore")}</MenuItem>
        <MenuItem onSelect={() => setOpen("groups")}>{t("accountGroups.menu")}</MenuItem>
        <Show
          when={account().credential === "API_KEY"}
          fallback={
            <MenuItem onSelect={() => props.onSignIn()}>{t("providers.signInAgain")}</MenuItem>
          }
        >
          <MenuItem onSelect={() => setOpen("key")}>{t("providers.replaceKey")}</MenuItem>
        </Show>
        <Show when={account().enabled}>
          <MenuItem onSelect={() => void check.ask(account().id)}>
            {t("providers.checkOne")}
          </MenuItem>
        </Show>
        <May do="setStopLine">
          <MenuItem onSelect={() => setOpen("limits")}>{t("providers.limits.menu")}</MenuItem>
        </May>
        <Show when={account().credential !== "API_KEY"}>
          <May do="setWindowOpenings">
            <MenuItem onSelect={() => setOpen("openings")}>{t("providers.openings.menu")}</MenuItem>
          </May>
        </Show>
        <MenuItem onSelect={() => setOpen("test")}>{t("providers.test.menu")}</MenuItem>
        <Show when={account().status === "COOLING" || account().status === "FAILING"}>
          <MenuItem onSelect={() => void resetCooldown()}>{t("providers.resetCooldown")}</MenuItem>
        </Show>
        <MenuLine />
        <MenuItem danger onSelect={() => setOpen("remove")}>
          {t("common.remove")}
        </MenuItem>
      </Menu>
      <EditAccountDialog
        id={account().id}
        kind={account().kind}
        label={account().label}
        open={open() === "edit"}
        onClose={close}
      />
      <GroupsOfAccountDialog
        id={account().id}
        label={account().label}
        open={open() === "groups"}
        onClose={close}
      />
      <UseLimitsDialog account={account()} open={open() === "limits"} onClose={close} />
      <WindowOpeningsDialog account={account()} open={open() === "openings"} onClose={close} />
      <TestAccountDialog account={account()} open={open() === "test"} onClose={close} />
      <ReplaceKeyDialog account={account()} open={open() === "key"} onClose={close} />
      <RemoveAccountDialog account={account()} open={open() === "remove"} onClose={close} />
    </>
  );
}
