import type { Command } from 'commander';
import { withNotes } from '../help-notes.ts';
import { defineCancel, defineRequeue } from './change-workflow.ts';
import { defineList } from './workflow-list.ts';
import { defineStatus } from './workflow-status.ts';

const notes = `
Examples:
  $ gigq workflow list --status failed
  $ gigq workflow status "$id"
  $ gigq list --workflow "$id" --status blocked
`;

export function defineWorkflow(program: Command): void {
  const group = program
    .command('workflow')
    .description('list, show, cancel and requeue workflows')
    .usage('[options] <command>')
    .helpCommand('help [command]', 'show help for a command')
    .helpOption('-h, --help', 'show this help');
  for (const define of [defineList, defineStatus, defineCancel, defineRequeue]) define(group);
  withNotes(group, notes);
}
