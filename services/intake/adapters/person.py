"""A person as gateways name one."""

from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo

from services.intake.adapters.edge import Edge, Word
from services.intake.customers import customer_of, e164, email_address
from services.intake.language import language_of
from shared.contracts.people import Customer
from shared.security.identity import IdentityKey


class Person(Edge):
    """A customer's handles; a phone number may be written nationally (China) or with +country. `openid`: in the
    official account that writes to us too, for instance of the buyer in a mini program's shop."""

    name: Annotated[str, Field(max_length=100)] | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=254)] | None = None
    openid: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", max_length=20)] | None = None
    tier: Word | None = None

    def handles(self) -> tuple[str | None, str | None]:
        """Phone and mail address, normalised."""
        return (e164(self.phone) if self.phone else None, email_address(self.email) if self.email else None)

    def to_customer(self, identity: IdentityKey, unknown: str, text: str = "") -> Customer:
        """Handles that can't be used (a masked phone number) are left out; the original has them."""
        phone, email = self.handles()
        return customer_of(
            identity,
            unknown=unknown,
            name=self.name,
            phone=phone,
            email=email,
            openid=self.openid,
            language=language_of(text or self.name or "", self.language),
            tier=self.tier,
        )


def _to_customer(value: object, info: ValidationInfo) -> object:
    if value is None or isinstance(value, Customer):
        return value
    context = info.context
    if context is None:
        raise ValueError("a person becomes a customer only with an identity key in the context")
    return Person.model_validate(value).to_customer(context["identity"], unknown=context["unknown"])


CustomerOfPerson = Annotated[Customer | None, BeforeValidator(_to_customer, json_schema_input_type=Person | None)]
"""A person in what is sent, a customer once read; validate with context {"identity": …, "unknown": …}."""
