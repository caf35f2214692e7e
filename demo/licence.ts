/** Tells under which licence a package is: by its manifest, else by the text of its licence file. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Licence {
  readonly licence: string;
  /** The file that says so; null: none does. */
  readonly licenceFrom: string | null;
}

/** A package.json, of which anything may be missing or of another type. */
export type Manifest = Readonly<Record<string, unknown>>;

const licenceFile = /^(?:un)?(?:licen[cs]e|copying)(?:[.-].*)?$/iu;

/** What a text has to say, and the licence that it is then; the more special ones come first. */
const texts: readonly (readonly [pattern: RegExp, licence: string])[] = [
  [/Apache License,?\s+Version 2\.0/iu, 'Apache-2.0'],
  [/Mozilla Public License,?\s+Version 2\.0/iu, 'MPL-2.0'],
  [/Blue Oak Model License/iu, 'BlueOak-1.0.0'],
  [/GNU AFFERO GENERAL PUBLIC LICENSE\s+Version 3/iu, 'AGPL-3.0'],
  [/GNU LESSER GENERAL PUBLIC LICENSE\s+Version 3/iu, 'LGPL-3.0'],
  [/GNU GENERAL PUBLIC LICENSE\s+Version 3/iu, 'GPL-3.0'],
  [/GNU GENERAL PUBLIC LICENSE\s+Version 2/iu, 'GPL-2.0'],
  [/free and unencumbered software released into the public domain/iu, 'Unlicense'],
  [/CC0 1\.0 Universal/iu, 'CC0-1.0'],
  [/Permission is hereby granted, free of charge/iu, 'MIT'],
  [/Permission to use, copy, modify, and(?:\/or)? distribute this software/iu, 'ISC'],
  [
    /Neither the name of[\s\S]*Redistributions|Redistributions[\s\S]*Neither the name of/iu,
    'BSD-3-Clause',
  ],
  [/Redistributions of source code must retain/iu, 'BSD-2-Clause'],
];

/** @param files The files of the package, relative to `folder`. */
export async function findLicence(
  folder: string,
  manifest: Manifest,
  files: readonly string[],
): Promise<Licence> {
  const declared = declaredLicence(manifest);
  if (declared !== undefined) return { licence: declared, licenceFrom: 'package.json' };
  for (const file of files.filter((name) => licenceFile.test(name))) {
    const licence = recognise(await readFile(join(folder, file), 'utf8'));
    if (licence !== undefined) return { licence, licenceFrom: file };
  }
  return { licence: 'unknown', licenceFrom: null };
}

// Old manifests have an object or a list of them where today's have a text.
function declaredLicence({ license, licenses }: Manifest): string | undefined {
  const names = [license ?? licenses].flat().map(nameOf).filter(isName);
  return names.length === 0 ? undefined : oneLine(names.join(' OR '));
}

function nameOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'type' in value ? value.type : value;
}

// 'SEE LICENSE IN <file>' leaves it to the text.
function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.startsWith('SEE LICEN');
}

/** Without what could move the cursor of a terminal: a manifest may hold anything. */
export function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}

function recognise(text: string): string | undefined {
  return texts.find(([pattern]) => pattern.test(text))?.[1];
}
