"""What `scripts/audit` does: checkov over the stacks' plans, known vulnerabilities, a bill of materials."""
