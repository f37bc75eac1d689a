package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// nameArguments makes a command that has too few arguments or too many say by
// their names which it wants, and so all commands below it.
func nameArguments(c *cobra.Command) {
	if allowed := c.Args; allowed != nil && strings.Contains(c.Use, " ") {
		c.Args = func(c *cobra.Command, args []string) error {
			if allowed(c, args) != nil {
				return fmt.Errorf("want %s", strings.TrimSuffix(c.UseLine(), " [flags]"))
			}
			return nil
		}
	}
	for _, below := range c.Commands() {
		nameArguments(below)
	}
}
