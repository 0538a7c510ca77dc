import Ellipsis from "lucide-solid/icons/ellipsis";
import { createSignal, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { fetchFile } from "../../lib/download";
import { formatBytes } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Menu, MenuItem, MenuLine } from "../../ui/Menu";
import { Ago } from "../../ui/Moment";
import { notify, notifyError } from "../../ui/Toaster";

const BackupRowFragment = graphql(`
  fragment BackupRow on Backup {
    name
    createdAt
    size
    version
    problem
  }
`);

const DownloadBackupMutation = graphql(`
  mutation DownloadBackup($name: ID!) {
    downloadBackup(name: $name) {
      download {
        path
      }
    }
  }
`);

const RestoreBackupMutation = graphql(`
  mutation RestoreBackup($name: ID!) {
    restoreBackup(name: $name) {
      stagedRestore {
        name
      }
    }
  }
`);

const DeleteBackupMutation = graphql(`
  mutation DeleteBackup($name: ID!) {
    deleteBackup(name: $name) {
      name
    }
  }
`);

type AskProps = { name: string; open: boolean; onClose: () => void };

function RestoreDialog(props: AskProps) {
  const [change, restore] = createMutation(RestoreBackupMutation);
  async function confirm() {
    const name = props.name;
    const { error } = await restore({ name }, { additionalTypenames: ["StagedRestore"] });
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("backups.scheduled", { name }) });
  }
  return (
    <ConfirmDialog
      open={props.open}
      title={t("backups.restoreTitle", { name: props.name })}
      typedName={props.name}
      confirmLabel={t("backups.restoreLabel")}
      pending={change.fetching}
      error={change.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      {t("backups.restoreHint")}
    </ConfirmDialog>
  );
}

function DeleteDialog(props: AskProps) {
  const [change, remove] = createMutation(DeleteBackupMutation);
  async function confirm() {
    const name = props.name;
    const { error } = await remove({ name }, { additionalTypenames: ["Backup"] });
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("common.deletedNamed", { name }) });
  }
  return (
    <ConfirmDialog
      open={props.open}
      title={t("common.deleteNamed", { name: props.name })}
      typedName={props.name}
      confirmLabel={t("backups.deleteLabel")}
      pending={change.fetching}
      error={change.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      {t("backups.deleteHint")}
    </ConfirmDialog>
  );
}

function Actions(props: { name: string; isUsable: boolean }) {
  const [open, setOpen] = createSignal<"restore" | "delete">();
  const close = () => setOpen(undefined);
  const [download, offer] = createMutation(DownloadBackupMutation);

  async function fetchBackup() {
    const { data, error } = await offer({ name: props.name });
    if (error) notifyError(error);
    if (data) fetchFile(data.downloadBackup.download.path);
  }

  return (
    <div class="ml-auto flex items-center gap-1.5">
      <Button
        size="small"
        aria-label={`${t("common.download")} ${props.name}`}
        pending={download.fetching}
        onClick={() => void fetchBackup()}
      >
        {t("common.download")}
      </Button>
      <Menu
        label={t("common.actionsFor", { name: props.name })}
        trigger={<Ellipsis class="size-4" aria-hidden="true" />}
        triggerClass="inline-flex size-8 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink"
      >
        <MenuItem disabled={!props.isUsable} onSelect={() => setOpen("restore")}>
          {t("backups.restore")}
        </MenuItem>
        <MenuLine />
        <MenuItem danger onSelect={() => setOpen("delete")}>
          {t("common.delete")}
        </MenuItem>
      </Menu>
      <RestoreDialog name={props.name} open={open() === "restore"} onClose={close} />
      <DeleteDialog name={props.name} open={open() === "delete"} onClose={close} />
    </div>
  );
}

/** One backup in the list. */
export function BackupRow(props: { backup: FragmentType<typeof BackupRowFragment> }) {
  const backup = () => readFragment(BackupRowFragment, props.backup);
  return (
    <li class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3 sm:px-5">
      <div class="min-w-0">
        <p class="flex flex-wrap items-center gap-2">
          <span class="font-mono text-xs font-medium break-all">{backup().name}</span>
          <Show when={backup().problem}>
            <Badge tone="bad">{t("backups.unusable")}</Badge>
          </Show>
        </p>
        <p class="text-sm text-muted">
          <Ago at={backup().createdAt} /> · {formatBytes(backup().size)}
          <Show when={backup().version}>
            {(version) => <> · {t("backups.by", { version: version() })}</>}
          </Show>
        </p>
        <Show when={backup().problem}>
          <p class="text-sm text-bad">{backup().problem}</p>
        </Show>
      </div>
      <Actions name={backup().name} isUsable={!backup().problem} />
    </li>
  );
}
