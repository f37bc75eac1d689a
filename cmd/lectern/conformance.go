package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lectern/internal/conformance"
)

// conformanceCommand tries out a server of room.v1, ours or somebody else's.
func conformanceCommand() *cobra.Command {
	var o conformance.Options
	c := &cobra.Command{
		Use:   "conformance URL",
		Short: "Try whether a server keeps to room.v1, the protocol of rooms",
		Long: "Try whether a server keeps to room.v1, the protocol of rooms, and say of each rule whether it does.\n\n" +
			"URL is the room's WebSocket. The room should have nobody else in it: what is written there\n" +
			"while it is tried out stays in its chat.",
		Example: "  lectern conformance ws://localhost:8080/api/v1/rooms/ID/ws --teacher INVITE --student INVITE",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.URL = args[0]
			failed, err := conformance.Run(c.Context(), o, c.OutOrStdout())
			if err != nil {
				return failure{err}
			}
			if failed > 0 {
				return failure{fmt.Errorf("%d rules are broken", failed)}
			}
			return nil
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.Teacher, "teacher", "", "the `invite` of a teacher: the part of the link behind #i=")
	f.StringVar(&o.Student, "student", "", "the `invite` of a student")
	f.StringVar(&o.Origin, "origin", "", "what to send as Origin, when it is not the server's own address")
	return c
}
