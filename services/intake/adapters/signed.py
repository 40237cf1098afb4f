"""Verification of Standard Webhooks, common to all gateways that sign with them."""

from services.intake.credentials import Credentials
from services.intake.delivery import Delivery, Reason, Rejected, Verified
from shared.security import webhooks


def verify_signature(delivery: Delivery, credentials: Credentials) -> Verified:
    """The delivery is caused by its webhook-id. Raises `Rejected` (401)."""
    secrets = credentials.of(delivery.gateway).secrets
    try:
        webhook_id = webhooks.verify(
            secrets, delivery.headers, delivery.body, delivery.arrived_at, delivery.gateway.replay_window_s
        )
    except webhooks.SignatureInvalid as error:
        raise Rejected(Reason.SIGNATURE, str(error)) from None
    return Verified(f"gateway/{delivery.gateway.name}/{webhook_id}", delivery.body)
