import LoaderCircle from "lucide-solid/icons/loader-circle";

/** A small sign that something is under way. */
export function Spinner() {
  return <LoaderCircle class="size-4 animate-spin" aria-hidden="true" />;
}
