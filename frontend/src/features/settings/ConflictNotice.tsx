import { Button } from "../../ui/Button";
import { Notice } from "../../ui/Notice";

/** Says that a save was refused because the settings are not those that the form shows. */
export function ConflictNotice(props: { onReload: () => void }) {
  return (
    <Notice tone="warn">
      <p>
        <span class="font-medium">Somebody else has changed the settings meanwhile.</span> Nothing
        of yours was saved. Load theirs, look at them, and change what you still want.
      </p>
      <div class="mt-2">
        <Button size="small" onClick={() => props.onReload()}>
          Load the present settings
        </Button>
      </div>
    </Notice>
  );
}
