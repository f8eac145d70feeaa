#!/usr/bin/env bats
# names.bats - names that hold markup, commands, quotes, lines, formulas, other scripts or no characters at all: as those of
# files of results, configs, series, columns, descriptions, folders, experiments and options' values. hostile_names.py has the
# table of them and what is asked: each is refused in a clean line, or read back as it was given and harmless everywhere.

load common

hostile() {
  mkdir inside && cd inside
  /usr/bin/python3 "$root/tests/hostile_names.py" "$FARM_WITH_PLOTS" "$1"
}

@test "files of results of any name: tables, pictures, page, JSON and terminal have the name and do nothing" { hostile compare; }
@test "a file that is not there or has no results is told in one clean line whatever it is called" { hostile missing; }
@test "a config, series, column, description and folder of any name: run, store, page and report do" { hostile runs; }
@test "names in a config and values of options are plain, or refused in clean lines that say where" { hostile config; }
