"""The pages that people read are true: commands, outputs, tables, links and diagrams are checked here."""
