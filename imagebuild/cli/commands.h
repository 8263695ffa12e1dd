/* SPDX-License-Identifier: Apache-2.0 */
/* commands - the rows that the files cmd_*.c define, for the table in commands.c. */
#ifndef IB_CLI_COMMANDS_H
#define IB_CLI_COMMANDS_H

struct ib_command;

extern const struct ib_command ib_cmd_build;
extern const struct ib_command ib_cmd_cache;
extern const struct ib_command ib_cmd_diff;
extern const struct ib_command ib_cmd_export;
extern const struct ib_command ib_cmd_fetch;
extern const struct ib_command ib_cmd_import;
extern const struct ib_command ib_cmd_inspect;
extern const struct ib_command ib_cmd_keys;
extern const struct ib_command ib_cmd_check;
extern const struct ib_command ib_cmd_lock;
extern const struct ib_command ib_cmd_policy;
extern const struct ib_command ib_cmd_report;
extern const struct ib_command ib_cmd_resolve;
extern const struct ib_command ib_cmd_update;
extern const struct ib_command ib_cmd_verify;
extern const struct ib_command ib_cmd_version;
extern const struct ib_command ib_cmd_why;

#endif
