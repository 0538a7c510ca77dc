import { readFileSync } from "node:fs";
import { buildSchema, getNamedType, isObjectType } from "graphql";
import { expect, test } from "vitest";
import { FIELDS, rowOf } from "./table";

const OTHER = ["version", "updatedAt"];

function fieldsOfType(name: string) {
  const type = buildSchema(readFileSync("../schema.graphql", "utf8")).getType(name);
  return isObjectType(type) ? Object.values(type.getFields()) : [];
}

test("every setting of the server has a row, in the object that it is in", () => {
  const settings = fieldsOfType("Settings").filter((field) => !OTHER.includes(field.name));
  const expected = settings.flatMap((field) => {
    const nested = fieldsOfType(getNamedType(field.type).name);
    if (nested.length === 0) return [[field.name, undefined]];
    return nested.map((each) => [each.name, field.name]);
  });
  const rows = FIELDS.map((field) => [field, rowOf(field).in]);

  expect(rows.sort()).toEqual(expected.sort());
});
