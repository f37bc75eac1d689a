package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/spf13/cobra"

	"lectern/internal/app"
	"lectern/internal/audit"
	"lectern/internal/config"
	"lectern/internal/store"
)

// personCommand is what a person may ask for about the own data.
func personCommand() *cobra.Command {
	var o dataOptions
	c := &cobra.Command{
		Use:   "person",
		Short: "Show and delete what is kept of a person",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(personListCommand(&o), personRemoveCommand(&o))
	return c
}

func personListCommand(o *dataOptions) *cobra.Command {
	c := &cobra.Command{
		Use:   "list ID|SUB|NAME",
		Short: "Say what is kept of whoever has an identity or a name",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return o.onPeople(c.Context(), args[0], func(_ context.Context, _ *store.Store, _ config.Config, people []store.Person) error {
				return printPeople(c.OutOrStdout(), people)
			})
		},
	}
	o.flags(c)
	return c
}

func personRemoveCommand(o *dataOptions) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:     "rm ID|SUB|NAME",
		Aliases: []string{"remove"},
		Short:   "Delete what a person said, answered, and when it was present, in all rooms",
		Long: "Delete what a person said, answered, and when it was present, in all rooms, whether the\n" +
			"server runs or not. What stays, and why, is in docs/backup.md. Who is in a class now\n" +
			"must leave first: what happens after this is kept again.\n\n" +
			"Who is meant is said by the identity (sub:ann), by the subject of the token or the id of\n" +
			"the key alone (ann), or by the name. Of several, which may come from different signers,\n" +
			"there is a list to choose from.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return o.onPeople(c.Context(), args[0], func(ctx context.Context, s *store.Store, settings config.Config, people []store.Person) error {
				people = meant(people, args[0])
				if len(people) > 1 && !all {
					if err := printPeople(c.ErrOrStderr(), people); err != nil {
						return err
					}
					return fmt.Errorf("%q are %d people: name one by its identity, or all with --all", args[0], len(people))
				}
				for _, p := range people {
					if err := s.DeletePerson(ctx, p.Identity); err != nil {
						return err
					}
					fmt.Fprintf(c.ErrOrStderr(), "%q is forgotten: %s, %s, %s\n", p.Identity,
						plural(p.Messages, "message", "messages"), plural(p.Classes, "class", "classes"), plural(p.Answers, "answer", "answers"))
				}
				if err := s.Checkpoint(ctx); err != nil {
					return err
				}
				return o.record(settings, note(audit.PersonForget, "", fmt.Sprintf("%d forgotten", len(people))))
			})
		},
	}
	o.flags(c)
	c.Flags().BoolVar(&all, "all", false, "everybody who is meant")
	return c
}

// meant is the one whose identity was typed, whatever names others have; and
// otherwise everybody.
func meant(people []store.Person, who string) []store.Person {
	if i := slices.IndexFunc(people, func(p store.Person) bool { return p.Identity == who }); i >= 0 {
		return people[i : i+1]
	}
	return people
}

// onPeople finds who is meant. That there is nobody is an error.
func (o *dataOptions) onPeople(ctx context.Context, who string, do func(context.Context, *store.Store, config.Config, []store.Person) error) error {
	settings, err := o.settings()
	if err != nil {
		return err
	}
	if err := o.there(settings); err != nil {
		return failure{err}
	}
	s, err := app.OpenStore(ctx, settings, nil)
	if err != nil {
		return failure{err}
	}
	people, err := s.People(ctx, who)
	if err == nil && len(people) == 0 {
		err = fmt.Errorf("nothing is kept of %q", who)
	}
	if err == nil {
		err = do(ctx, s, settings, people)
	}
	if err = errors.Join(err, s.Close()); err != nil {
		return failure{err}
	}
	return nil
}

func printPeople(w io.Writer, people []store.Person) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "IDENTITY\tNAME\tMESSAGES\tCLASSES\tANSWERS\tBANS")
	for _, p := range people {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\n", plain(p.Identity), strconv.Quote(p.Name), p.Messages, p.Classes, p.Answers, p.Banned)
	}
	return t.Flush()
}

// plain is an identity as it has to be typed, but for one with characters that a
// terminal acts upon: a signer of tokens may leave the choice to people.
func plain(identity string) string {
	if strings.ContainsFunc(identity, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(identity)
	}
	return identity
}
