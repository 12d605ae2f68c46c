"""Source trees and source distributions made into wheels, by their own back ends."""
