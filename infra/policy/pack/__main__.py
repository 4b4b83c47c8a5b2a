"""The policy pack, for `pulumi preview --policy-pack infra/policy/pack`: it serves the engine until it is ended."""

from pulumi_policy import PolicyPack

from infra.policy.adapter import Pack

PolicyPack(name="breakeven", policies=Pack().policies())
